/* What the scripts of this page share: pictures of digits, and what the networks think of them. */
function picture(className = "digit") {
  const image = make("img", className);
  image.draggable = false;
  return image;
}

function show(image, src, alt) {
  image.src = src;
  image.alt = alt;
}

/* Ten bars, one a digit, for the judge's probabilities; `fill` moves them. */
function judgeBars() {
  const rows = [...Array(10).keys()].map((digit) => {
    const bar = make("i");
    const share = make("span", "share");
    const row = make("li", "", make("b", "", String(digit)), make("span", "bar", bar), share);
    return { row, bar, share };
  });
  const list = make("ol", "judge", ...rows.map(({ row }) => row));
  list.setAttribute("aria-label", "What the judge sees");
  const fill = (probabilities) =>
    rows.forEach(({ row, bar, share }, digit) => {
      bar.style.width = `${100 * probabilities[digit]}%`;
      share.textContent = percent(probabilities[digit]);
      row.classList.toggle("top", probabilities[digit] === Math.max(...probabilities));
    });
  return { list, fill };
}

function named(term, value) {
  return make("div", "", make("dt", "", term), value);
}

function svg(tag, attributes, ...content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

function slider(label, low, high, step, value) {
  const range = make("input");
  Object.assign(range, { type: "range", min: low, max: high, step, value });
  range.setAttribute("aria-label", label);
  return range;
}
