/* A text, character by character, each on a tint for its probability; a card with what else could
   have come. The value is a part of what is written; see characters.py for its members. */
const CLASSES = [0.5, 0.2, 0.05, 0.01];
const tint = (probability) => CLASSES.findIndex((least) => probability >= least);
const writes = props.kind === "written";

const root = element.querySelector(".drawn");
const count = make("dd", "", "–");
const speed = make("dd", "", "–");
const surprise = make("dd", "", "–");
const figures = make("dl", "figures");
const status = make("p", "said");
const prompt = make("span", "prompt");
const body = make("span", "body");
const cursor = make("span", "cursor");
const hint = make("p", "hint", props.hint);
const text = make("div", "text", prompt, body, cursor);
const card = make("div", "card");

let run = -1;
let base = 0;
let state = "empty";
let clock = null;
let shown = null;
let pinned = false;
let follows = true;
let characters = [];
const spans = [];

function figure(term, value) {
  const box = make("div", "", make("dt", "", term), value);
  figures.append(box);
}

function lay() {
  const head = make("div", "writer-head", make("h3", "", props.title), make("p", "facts", props.facts));
  figure("characters", count);
  if (writes) figure("a second", speed);
  figure("bits per character", surprise);
  head.append(figures);
  status.setAttribute("role", "status");
  cursor.setAttribute("aria-hidden", "true");
  text.setAttribute("role", "group");
  text.setAttribute("aria-label", `${props.title}: the text; arrow keys move through it`);
  card.setAttribute("role", "dialog");
  card.hidden = true;
  root.className = "drawn writer";
  root.append(head, status, hint, text, card);
  show("empty");
}

function show(now) {
  state = now;
  root.dataset.state = now;
  hint.hidden = now !== "empty";
  text.hidden = now === "empty";
  cursor.hidden = now !== "running" && now !== "started";
  const said = {
    length: "",
    stop: "It ended with the stop text.",
    stopped: "Stopped.",
    failed: "It failed; the message says why.",
  };
  status.textContent = said[now] ?? "";
}

function cut(length) {
  for (const span of spans.splice(length)) span.remove();
  characters = characters.slice(0, length);
  if (shown !== null && shown >= length) hide();
}

function grow(news) {
  characters = characters.concat(news);
  const fragment = document.createDocumentFragment();
  for (const one of news) {
    const step = tint(one.probability);
    const span = make("span", `c t${step < 0 ? CLASSES.length : step}`, one.character);
    if (one.character === "\n") span.classList.add("newline");
    if (one.chosen) span.classList.add("chosen");
    span.place = spans.length;
    if (!span.place) reachable(span);
    spans.push(span);
    fragment.append(span);
  }
  body.append(fragment);
  if (follows && writes) requestAnimationFrame(() => (text.scrollTop = text.scrollHeight));
}

/* Only one character is a tab stop, and only then does it need a role and a name. */
function reachable(span) {
  for (const old of body.querySelectorAll("[tabindex='0']")) old.tabIndex = -1;
  const { character, probability } = characters[span.place];
  span.tabIndex = 0;
  span.setAttribute("role", "button");
  span.setAttribute("aria-label", `${spoken(character)}, ${percent(probability)}`);
}

/* On a small screen the columns are below the window when a writing begins. They come up so far
   that the buttons above them stay in it. */
function comeIntoView() {
  const { top } = root.getBoundingClientRect();
  const height = window.innerHeight;
  if (top > 0.7 * height) window.scrollBy({ top: top - 0.55 * height });
}

function begin(news) {
  run = news.run ?? run;
  clock = null;
  follows = true;
  hide();
  if (props.leads) comeIntoView();
  const { alternatives = [] } = characters[news.place] ?? {};
  const chosen = alternatives.find(([character]) => character === news.character);
  cut(chosen ? news.place : 0);
  if (chosen) grow([{ character: chosen[0], probability: chosen[1], alternatives, chosen: true }]);
  base = characters.length;
}

function unpacked(news) {
  const texts = [...news.text];
  const others = [...(news.others ?? "")];
  const each = others.length / (texts.length || 1);
  return texts.map((character, place) => ({
    character,
    probability: news.probabilities[place],
    alternatives: others
      .slice(place * each, (place + 1) * each)
      .map((other, rank) => [other, news.likelihoods[place * each + rank]]),
  }));
}

function receive() {
  if (!props.value) return;
  const news = JSON.parse(props.value);
  if (news.run !== undefined && news.run < run) return;
  if (news.run === undefined || news.run > run) begin(news);
  if (news.prompt !== undefined) prompt.textContent = news.prompt;
  const have = characters.length - base;
  const from = news.from ?? 0;
  if (news.text !== undefined && from <= have) {
    const all = unpacked(news);
    if (from + all.length < have) cut(base + from + all.length);
    grow(all.slice(have - from));
  }
  show(news.state);
  count.textContent = characters.length.toLocaleString("en");
  const bits = characters.reduce((sum, one) => sum + bitsOf(one.probability), 0);
  surprise.textContent = characters.length ? (bits / characters.length).toFixed(2) : "–";
  time();
}

/* Characters a second, from the first that arrived to the last. */
function time() {
  const now = performance.now();
  const written = characters.length - base;
  if (!written) speed.textContent = "–";
  if (!written || state === "started") return;
  clock ??= { at: now, written };
  if (state === "running" || written > clock.written) {
    const seconds = (now - clock.at) / 1000;
    if (seconds > 0.05)
      speed.textContent = Math.round((written - clock.written) / seconds).toLocaleString("en");
  }
}

function fill(place) {
  const { character, probability, alternatives } = characters[place];
  const title = make(
    "p",
    "drawn-here",
    make("b", "", glyph(character)),
    ` ${percent(probability)}, ${bitsOf(probability).toFixed(1)} bits`,
  );
  card.setAttribute("aria-label", `In place of ${spoken(character)}`);
  card.replaceChildren(title);
  for (const [other, likelihood] of alternatives) {
    const bar = make("span", "bar", make("i"));
    bar.firstChild.style.width = `${100 * likelihood}%`;
    const option = make(
      "button",
      other === character ? "option here" : "option",
      make("b", "", glyph(other)),
      bar,
      make("span", "share", percent(likelihood)),
    );
    option.type = "button";
    option.setAttribute(
      "aria-label",
      `Go on with ${spoken(other)}, ${percent(likelihood)}` +
        (other === character ? ", as it stands" : ""),
    );
    option.addEventListener("click", () => goOn(place, other));
    card.append(option);
  }
  if (!writes) return;
  const look = make("button", "look", "How it chose here ↓");
  look.type = "button";
  look.addEventListener("click", () => {
    hide();
    trigger("look", { text: before(place) });
  });
  card.append(look);
}

const before = (place) =>
  prompt.textContent + characters.slice(0, place).map((one) => one.character).join("");

function goOn(place, character) {
  const drawn = characters.slice(0, place).map((one) => one.character).join("");
  hide();
  trigger("branch", { place, character, prompt: prompt.textContent, text: drawn });
}

function open(place, pin) {
  if (shown !== place) fill(place);
  if (shown !== null) spans[shown]?.classList.remove("open");
  shown = place;
  pinned = pin;
  spans[place].classList.add("open");
  card.hidden = false;
  set();
}

/* Below the character, or above where the window ends; never beyond the column. */
function set() {
  const at = spans[shown].getBoundingClientRect();
  const around = root.getBoundingClientRect();
  const view = text.getBoundingClientRect();
  if (at.bottom < view.top || at.top > view.bottom) return hide();
  const width = card.offsetWidth;
  const height = card.offsetHeight;
  const left = Math.min(Math.max(at.left - around.left - 24, 4), around.width - width - 4);
  const fits = at.bottom + height + 8 < window.innerHeight || at.top - height < 8;
  const top = fits ? at.bottom - around.top + 2 : at.top - around.top - height - 2;
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
}

function hide() {
  if (shown !== null) spans[shown]?.classList.remove("open");
  shown = null;
  pinned = false;
  card.hidden = true;
}

let leaving = 0;
const staysOpen = () =>
  pinned || (shown !== null && [card, spans[shown]].some((one) => one.contains(document.activeElement)));
root.addEventListener("pointerover", (event) => {
  clearTimeout(leaving);
  const place = event.target.place;
  if (event.pointerType === "mouse" && place !== undefined && !staysOpen()) open(place, false);
});
root.addEventListener("pointerleave", () => {
  leaving = setTimeout(() => staysOpen() || hide(), 150);
});
root.addEventListener("click", (event) => {
  const place = event.target.place;
  if (place === undefined && !card.contains(event.target)) hide();
  if (place === undefined) return;
  reachable(event.target);
  event.target.focus({ preventScroll: true });
  open(place, true);
});
root.addEventListener("focusin", (event) => {
  const place = event.target.place;
  if (place === undefined || shown === place) return;
  reachable(event.target);
  open(place, false);
});
root.addEventListener("focusout", (event) => {
  if (!root.contains(event.relatedTarget)) hide();
});
document.addEventListener("pointerdown", (event) => {
  if (!root.contains(event.target)) hide();
});
text.addEventListener("scroll", () => {
  follows = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
  if (shown !== null) set();
});
root.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown !== null) {
    const back = spans[shown];
    if (card.contains(document.activeElement)) back.focus();
    hide();
  } else if (event.target.place !== undefined) {
    moveInText(event);
  } else if (card.contains(event.target)) {
    moveInCard(event);
  }
});

function moveInText(event) {
  const place = event.target.place;
  const next = roving(spans, event.key, place);
  if (event.key === "Enter" || event.key === " ") {
    open(place, true);
    card.querySelector("button")?.focus();
  } else if (next >= 0) {
    reachable(spans[next]);
    spans[next].focus();
  } else return;
  event.preventDefault();
}

function moveInCard(event) {
  const buttons = [...card.querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  buttons[buttons.indexOf(event.target) + step]?.focus();
  event.preventDefault();
}

lay();
watch("value", receive);
receive();
