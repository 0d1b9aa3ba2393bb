/* Accuracy against photos of each class, while it is measured. The value's members are in
   lessons_more.py. */
const root = element.querySelector(".drawn");
const hint = make("p", "hint", props.hint);
const verdict = make("p", "verdict");
const progress = progressBar();
const figure = make("figure");
const numbers = make("details", "", make("summary", "", "The same in numbers"));

function draw() {
  const news = props.value ? JSON.parse(props.value) : {};
  hint.hidden = Boolean(props.value);
  progress.fill(news.progress ?? {});
  verdict.hidden = !news.answer;
  verdict.textContent = news.answer ?? "";
  verdict.dataset.more = news.more ?? "";
  const points = news.points ?? [];
  figure.hidden = numbers.hidden = !points.length;
  if (!points.length) return;
  const all = [...points, ...(news.foretold ?? [])];
  const last = all.at(-1).photos;
  const across = { from: points[0].photos, to: Math.max(last, 2 * points[0].photos), log: true,
    ticks: all.map(({ photos }) => [photos, String(photos)]), title: "photos of each class that it learned from" };
  const scale = axes(across, { from: floorOf(points.map(({ interval }) => interval[0])) });
  const pair = ({ photos, accuracy }) => [photos, accuracy];
  const band = points.map(({ photos, interval }) => [photos, ...interval]);
  const lines = [line("one", points.map(pair), scale, band)];
  if (news.foretold?.length)
    lines.push(line("one foretold", [points.at(-1), ...news.foretold].map(pair), scale));
  const first = points[0];
  const label = `From ${share(first.accuracy)} with ${first.photos} photos of each class to ` +
    `${share(points.at(-1).accuracy)} with ${points.at(-1).photos}`;
  figure.replaceChildren(
    make("figcaption", "", `Share of ${news.tested} test photos named rightly: the mean over the draws, ` +
      "with its 95 % interval", news.foretold?.length ? "; dashed, where it is heading" : ""),
    plot(label, scale, ...lines),
  );
  const rows = points.map((point) => [String(point.photos), share(point.accuracy), interval(point.interval)]);
  numbers.replaceChildren(numbers.firstChild, table(["photos of each", "named rightly", "95 % interval"], rows));
}

verdict.setAttribute("role", "status");
root.className = "drawn lesson more";
root.append(hint, progress.shown, make("div", "columns", figure, make("div", "side", verdict, numbers)));
watch("value", draw);
draw();
