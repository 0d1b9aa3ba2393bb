/* What the network says of a photo: the likeliest name, a bar for each class, what one logit means,
   and the pixels that the network saw. The value's members are in recognise_names.py. */
const root = element.querySelector(".drawn");
const hint = make("p", "hint");
const verdict = make("p", "verdict");
const aside = make("p", "aside");
const list = make("ol", "bars");
const scale = make("div", "logit");
const seen = make("img", "seen");
const seenCaption = make("figcaption");
const figure = make("figure", "seen-side", seen, seenCaption);
const answer = make("div", "answer", verdict, list, aside, scale);
let rows = [];

function row(place) {
  const bar = make("i");
  const name = make("span", "name");
  const share = make("span", "share");
  const button = make("button", "", name, make("span", "bar", bar), share);
  button.type = "button";
  button.addEventListener("click", () => trigger("asked", { name: rows[place].told }));
  const item = make("li", "", button);
  list.append(item);
  return { item, button, bar, name, share, told: "" };
}

function drawBars(bars, explained, explains) {
  while (rows.length < bars.length) rows.push(row(rows.length));
  list.classList.toggle("short", bars.every((bar) => bar.name.length < 3));
  const top = Math.max(...bars.map((bar) => bar.share));
  rows.forEach((row, place) => {
    row.item.hidden = place >= bars.length;
    if (row.item.hidden) return;
    const { name, share } = bars[place];
    row.told = name;
    row.name.textContent = name;
    row.bar.style.width = `${100 * share}%`;
    row.share.textContent = percent(share);
    row.item.classList.toggle("top", share === top);
    row.button.disabled = !explains;
    row.button.title = explains ? `Show the evidence for ${name}` : "";
    if (explains) row.button.setAttribute("aria-pressed", name === explained);
    else row.button.removeAttribute("aria-pressed");
  });
}

/* The one logit on a line: to the left it speaks for the first class, to the right for the second. */
function drawLogit(logit) {
  scale.hidden = !logit;
  if (!logit) return;
  const { value, first, second } = logit;
  const mark = make("i", "mark");
  mark.style.left = `${50 + 50 * Math.tanh(value / 4)}%`;
  const number = `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
  const line = make("div", "logit-line", mark, make("i", "zero"));
  line.setAttribute("role", "img");
  line.setAttribute("aria-label", `The logit is ${number}`);
  const ends = make("div", "logit-ends", make("span", "", `← ${first}`), make("span", "", "0"),
    make("span", "", `${second} →`));
  scale.replaceChildren(make("h4", "", "One logit for both: ", make("b", "", number)), line, ends,
    make("p", "facts", logit.meaning));
}

function draw() {
  const news = props.value ? JSON.parse(props.value) : { hint: props.hint };
  hint.hidden = !news.hint;
  answer.hidden = !news.bars;
  hint.textContent = news.hint ?? "";
  figure.hidden = !news.seen;
  if (!news.bars) return;
  verdict.replaceChildren(
    make("b", "", news.verdict),
    make("span", "share", news.none ? "" : ` ${percent(news.share)}`),
  );
  verdict.classList.toggle("none", news.none);
  aside.textContent = news.aside;
  aside.hidden = !news.aside;
  drawBars(news.bars, news.explained, news.explains);
  drawLogit(news.logit);
  if (!news.seen) return;
  seen.src = news.seen.src;
  seen.alt = news.seen.title;
  seenCaption.textContent = news.seen.title;
}

hint.setAttribute("role", "status");
verdict.setAttribute("role", "status");
root.className = "drawn names";
root.append(hint, make("div", "answered", answer, figure));
watch("value", draw);
draw();
