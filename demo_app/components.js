/* What every script of a component may use; see `scripted` in components.py. Gradio runs a script
   once, when its component is first shown, with `element`, `trigger`, `props` and `watch`. Texts
   become text nodes, never HTML. */
function make(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function percent(share) {
  const value = 100 * share;
  if (value >= 99.95) return "100 %";
  if (value >= 9.95) return `${value.toFixed(0)} %`;
  if (value >= 0.05) return `${value.toFixed(1)} %`;
  return value > 0 ? "< 0.1 %" : "0 %";
}

/* One tab stop for many elements: the arrow keys move among them, line by line up and down. */
function roving(elements, key, from) {
  const last = elements.length - 1;
  if (key === "ArrowRight") return Math.min(from + 1, last);
  if (key === "ArrowLeft") return Math.max(from - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key !== "ArrowUp" && key !== "ArrowDown") return -1;
  const step = key === "ArrowDown" ? 1 : -1;
  const box = elements[from].getBoundingClientRect();
  let best = -1;
  let line = null;
  for (let place = from + step; place >= 0 && place <= last; place += step) {
    const other = elements[place].getBoundingClientRect();
    if (Math.abs(other.bottom - box.bottom) < box.height / 2) continue;
    line ??= other.bottom;
    if (Math.abs(other.bottom - line) >= box.height / 2) break;
    const distance = (index) =>
      Math.abs(elements[index].getBoundingClientRect().left - box.left);
    if (best < 0 || distance(place) < distance(best)) best = place;
  }
  return best;
}
