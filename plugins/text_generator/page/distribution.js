/* Bars for the likeliest next characters, a column for each stage of the sampler. Bars are kept
   from one value to the next, so that they move. The value's members are in distribution.py. */
const root = element.querySelector(".drawn");
const panels = make("div", "panels");
const idle = make("p", "idle");
const problem = make("p", "problem");
let shape = "";
let parts = [];

function lay(news) {
  panels.replaceChildren();
  parts = news.panels.map(({ title, stages, rows }) => {
    const table = make("table", "bars", make("caption", "", title));
    const heads = stages.map((stage) => {
      const head = make("th", "", make("b", "", stage.title), make("small"), make("small"));
      head.scope = "col";
      return head;
    });
    const top = make("tr", "", make("td"), ...heads);
    const lines = rows.map(() => {
      const name = make("th", "name");
      name.scope = "row";
      const cells = stages.map(() => {
        const cell = make("div", "cell", make("i"), make("span", "share"));
        return make("td", "", cell);
      });
      return { name, cells, line: make("tr", "", name, ...cells) };
    });
    table.append(make("thead", "", top), make("tbody", "", ...lines.map(({ line }) => line)));
    panels.append(table);
    return { heads, lines };
  });
}

function draw() {
  if (!props.value) return;
  const news = JSON.parse(props.value);
  problem.hidden = news.problem === undefined;
  panels.hidden = idle.hidden = !problem.hidden;
  if (news.problem !== undefined) {
    problem.textContent = news.problem;
    return;
  }
  const now = JSON.stringify(
    news.panels.map(({ title, stages, rows }) => [title, stages.map((s) => s.title), rows.length]),
  );
  if (now !== shape) lay(news);
  shape = now;
  news.panels.forEach((panel, number) => fill(panel, parts[number], news.scale));
  idle.textContent = `Full width: ${percent(news.scale)}. `;
  if (news.idle.length) idle.append(`As set, these change nothing: ${news.idle.join(", ")}.`);
}

function fill({ stages, rows }, part, scale) {
  stages.forEach(({ kept, bits }, number) => {
    part.heads[number].children[1].textContent = `${kept} kept`;
    part.heads[number].children[2].textContent = `${bits.toFixed(1)} bits`;
  });
  rows.forEach(({ character, values }, number) => {
    const { name, cells } = part.lines[number];
    name.textContent = glyph(character);
    name.setAttribute("aria-label", spoken(character));
    values.forEach((value, stage) => {
      const [bar, share] = cells[stage].firstChild.children;
      bar.style.width = `${Math.min(100, (100 * value) / scale)}%`;
      share.textContent = percent(value);
      cells[stage].classList.toggle("cut", value === 0);
    });
  });
}

problem.setAttribute("role", "alert");
problem.hidden = true;
root.className = "drawn distribution";
root.append(problem, panels, idle);
watch("value", draw);
draw();
trigger("seen");
