/* The evidence for a class over the photo, and the sum that makes its logit. The value's members are
   in recognise_evidence.py. */
const root = element.querySelector(".drawn");
const hint = make("p", "hint");
const image = make("img");
const save = make("a", "save", "Save the picture");
const figure = make("figure", "overlay", image, make("figcaption", "", save));
const account = make("div", "account");

function term({ number, name }) {
  return make("span", "term", make("b", "", number), make("small", "", name));
}

function draw() {
  const news = props.value ? JSON.parse(props.value) : {};
  root.hidden = !news.hint && !news.overlay;
  hint.hidden = !news.hint;
  hint.textContent = news.hint ?? "";
  figure.hidden = account.hidden = !news.overlay;
  if (!news.overlay) return;
  image.src = save.href = news.overlay;
  image.alt = `Where the evidence for ${news.class_name} lies`;
  save.download = "evidence.png";
  const [logit, bias, mean] = news.sum.map(term);
  const sum = make("div", "sum", logit, make("span", "sign", "="), bias, make("span", "sign", "+"), mean);
  sum.setAttribute("role", "math");
  account.replaceChildren(
    sum,
    make("p", "", make("b", "", news.class_name), ` gets ${news.gets}. `,
      make("span", "for", `${news.supporting} cells speak for it`), " (orange), ",
      make("span", "against", `${news.opposing} against it`), " (blue); the numbers are the strongest."),
    make("p", "facts", news.exact),
  );
}

root.className = "drawn evidence";
root.append(hint, figure, account);
watch("value", draw);
draw();
