/* Three ways of learning from the same photos: a row and a curve for each, while they learn. The
   value's members are in lessons_ways.py. */
const root = element.querySelector(".drawn");
const hint = make("p", "hint", props.hint);
const progress = progressBar();
const rows = make("div", "ways");
const figure = make("figure");
const note = make("p", "facts");
const COLOURS = { frozen: "one", fine_tuned: "two", scratch: "three" };

function seconds(value) {
  return value < 9.95 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

function named(term, value) {
  return make("div", "", make("dt", "", term), make("dd", "", value));
}

function card(way) {
  const bar = make("i");
  bar.style.width = `${100 * way.accuracy}%`;
  return make(
    "article",
    `way ${COLOURS[way.name]}`,
    make("h4", "", make("i", "key"), way.title),
    make("p", "accuracy", make("b", "", share(way.accuracy)), " named rightly ",
      make("small", "", interval(way.interval))),
    make("span", "bar", bar),
    make(
      "dl",
      "",
      named("it took", way.finished ? seconds(way.seconds) : `${seconds(way.seconds)} so far`),
      named("numbers learned", way.trained_parameters.toLocaleString("en")),
      named("loss", way.loss.toFixed(2)),
    ),
    make("p", "facts", way.meaning),
  );
}

function curves(ways) {
  const times = ways.flatMap((way) => way.curve.map(([time]) => time)).filter((time) => time > 0);
  const from = 10 ** Math.floor(Math.log10(Math.min(1, ...times)));
  const to = Math.max(10 * from, ...times);
  const ticks = [];
  for (let value = from; value <= to * 1.001; value *= 10)
    ticks.push([value, value < 1 ? String(Number(value.toPrecision(1))) : String(Math.round(value))]);
  const across = { from, to, log: true, ticks, title: "seconds of learning, each mark ten times the one before" };
  const scale = axes(across, { from: floorOf(ways.flatMap((way) => way.curve.map(([, accuracy]) => accuracy))) });
  const drawn = ways.map((way) =>
    line(COLOURS[way.name], way.curve.map(([time, accuracy]) => [Math.max(from, time), accuracy]), scale));
  const label = ways.map((way) => `${way.title}: ${share(way.accuracy)} after ${seconds(way.seconds)}`).join("; ");
  return plot(label, scale, ...drawn);
}

function draw() {
  const news = props.value ? JSON.parse(props.value) : {};
  hint.hidden = Boolean(props.value);
  progress.fill(news.progress ?? {});
  const ways = news.ways ?? [];
  figure.hidden = rows.hidden = !ways.length;
  note.textContent = news.note ?? "";
  note.hidden = !news.note;
  if (!ways.length) return;
  rows.replaceChildren(...ways.map(card));
  figure.replaceChildren(
    make("figcaption", "", `Share of the ${news.held_out} photos held out that is named rightly, epoch by epoch`),
    curves(ways),
  );
}

note.setAttribute("role", "status");
root.className = "drawn lesson compared";
root.append(hint, progress.shown, rows, figure, note);
watch("value", draw);
draw();
