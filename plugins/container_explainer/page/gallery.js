/* The gallery: a card for each network, and one is open. The value's members are in exhibits.py. */
const root = element.querySelector(".drawn");
let cards = [];

function card({ model, title, shows, source, typed }) {
  const open = make("button", "open", title);
  open.type = "button";
  open.addEventListener("click", () => {
    press(model);
    trigger("choose", { model });
    // What comes of it stands below the gallery, which may fill the window.
    const views = document.getElementById("explainer-views");
    views?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  const link = make("a", "", `Source: ${new URL(source).hostname.replace("www.", "")}`);
  Object.assign(link, { href: source, target: "_blank", rel: "noopener" });
  const foot = make("footer", "", link);
  if (typed) {
    const edit = make("button", "edit", "Edit its code");
    edit.type = "button";
    edit.setAttribute("aria-label", `Edit the code of ${title}`);
    edit.addEventListener("click", () => trigger("edit", { model }));
    foot.append(edit);
  }
  const made = make("article", "card", make("h4", "", open), make("p", "", shows), foot);
  made.dataset.model = model;
  return made;
}

function press(model) {
  for (const each of cards) {
    const chosen = each.dataset.model === model;
    each.classList.toggle("chosen", chosen);
    each.querySelector(".open").setAttribute("aria-pressed", chosen);
  }
}

function draw() {
  if (!props.value) return;
  cards = JSON.parse(props.value).cards.map(card);
  root.replaceChildren(...cards);
}

root.className = "drawn cards";
watch("value", draw);
draw();
trigger("seen");
