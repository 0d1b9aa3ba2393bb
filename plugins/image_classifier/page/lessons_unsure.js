/* Coverage against accuracy, and the threshold of each class. The value's members are in
   lessons_unsure.py. */
const root = element.querySelector(".drawn");
const hint = make("p", "hint");
const figures = make("dl", "figures");
const figure = make("figure");
const classes = make("div", "classes");
const note = make("p", "facts");

function named(term, value) {
  return make("div", "", make("dt", "", term), make("dd", "", value));
}

function curve(news) {
  const points = news.curve.map(({ coverage, accuracy }) => [coverage, accuracy]);
  const across = { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => [value, share(value, 0)]),
    title: "photos that are named at all; of the others it says none of these" };
  const floor = floorOf([...points.map(([, accuracy]) => accuracy), news.target ?? 1]);
  const scale = axes(across, { from: floor });
  const extras = [];
  if (news.target !== null) {
    extras.push(svg("path", { class: "target", d: `M${scale.x(0)} ${scale.y(news.target)}H${scale.x(1)}` }));
  }
  if (news.accuracy !== null && news.target !== null) {
    extras.push(svg("circle", { class: "here", cx: scale.x(news.coverage), cy: scale.y(Math.max(floor, news.accuracy)), r: 7 }));
  }
  const label = `Of all photos ${share(points.at(-1)[1])} are named rightly; of the surest ` +
    `${share(points[0][0], 0)}, ${share(points[0][1])}`;
  return plot(label, scale, line("one", points, scale), ...extras);
}

function rows(news) {
  return news.classes.map((one) => [
    one.class_name,
    one.threshold >= 1 ? "never named" : share(one.threshold),
    `${one.named} of ${one.decided}`,
    one.accuracy === null ? "–" : `${share(one.accuracy, 0)} (${interval(one.interval)})`,
    one.vouched ? "yes" : "too few photos",
  ]);
}

function draw() {
  const news = props.value ? JSON.parse(props.value) : { hint: props.hint };
  hint.hidden = !news.hint;
  hint.textContent = news.hint ?? "";
  const known = Boolean(news.curve);
  figures.hidden = figure.hidden = note.hidden = !known;
  classes.hidden = !known || !news.classes.length;
  if (!known) return;
  figures.replaceChildren(
    named("photos held out", String(news.held_out)),
    named("named", share(news.coverage, 0)),
    named("of those, rightly", news.accuracy === null ? "–" : share(news.accuracy, 0)),
    named("none of these", share(1 - news.coverage, 0)),
  );
  figure.replaceChildren(
    make("figcaption", "", "Share of the named photos that is named rightly, if only the surest are named. ",
      news.target === null ? "" : "The dashed line is the accuracy you ask for, the ring where the thresholds lead."),
    curve(news),
  );
  classes.replaceChildren(
    table(["class", "named above", "named", "rightly", "vouched for?"], rows(news)),
  );
  note.textContent = news.note;
}

note.setAttribute("role", "status");
classes.tabIndex = 0;
classes.setAttribute("role", "region");
classes.setAttribute("aria-label", "The threshold of each class");
root.className = "drawn lesson unsure";
root.append(hint, make("div", "columns", figure, make("div", "side", figures, classes, note)));
watch("value", draw);
draw();
