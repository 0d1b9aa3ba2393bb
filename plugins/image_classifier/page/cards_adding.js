/* Photos on their way to the server: read one by one, sent a few at a time, each few after the
   answer to those before. Whatever cannot be added is named. */
const SIDE = props.side;
const MOST = 8;
const MOST_CHARACTERS = 1_500_000;
const PATIENCE = 30_000;
const waiting = [];
let answered = () => {};
let sending = false;
let batch = 0;

/* `work` is {number, name, read, group}: group counts what one drop or burst brought. */
function newGroup(number, total) {
  return { number, total, done: 0, kept: 0, refused: [], ended: false };
}

function enqueue(number, sources) {
  const group = newGroup(number, sources.length);
  for (const { name, read } of sources) waiting.push({ number, name, read, group });
  groups.set(number, group);
  redraw();
  send();
}

async function nextFew() {
  const few = [];
  const { number, group } = waiting[0];
  let characters = 0;
  while (waiting.length && waiting[0].group === group && few.length < MOST) {
    const { name, read } = waiting.shift();
    try {
      const data = await read();
      few.push({ name, data });
      characters += data.length;
    } catch {
      group.done += 1;
      group.refused.push(
        /\.zip$/i.test(name)
          ? `${name}: a zip is added with the button above the cards.`
          : `${name}: this browser cannot read it as a picture.`,
      );
    }
    if (characters > MOST_CHARACTERS) break;
  }
  return { number, group, few };
}

async function send() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const { number, group, few } = await nextFew();
    if (few.length) {
      batch += 1;
      const token = batch;
      const answer = new Promise((resolve) => {
        answered = (added) => added.batch === token && resolve(added);
        setTimeout(resolve, PATIENCE, { kept: 0, refused: ["The server did not answer."] });
      });
      alter("add", { number, photos: few, batch: token });
      const { kept, refused } = await answer;
      group.done += few.length;
      group.kept += kept;
      group.refused.push(...refused);
    }
    group.ended = group.done >= group.total;
    redraw();
  }
  sending = false;
}

function progressOf(group) {
  if (!group) return "";
  if (!group.ended) return `Adding ${group.done} of ${group.total} …`;
  const said = group.kept || !group.refused.length ? [`${group.kept} added.`] : [];
  said.push(...group.refused.slice(0, 4));
  if (group.refused.length > 4) said.push(`And ${group.refused.length - 4} more were not added.`);
  return said.join(" ");
}
