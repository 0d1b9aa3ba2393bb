/* Code to take along, with a button that copies it; nothing while there is none. The value's members
   are in to_copy.py. */
const root = element.querySelector(".drawn");
const title = make("b");
const copy = make("button", "", "Copy");
const code = make("pre");

function draw() {
  const told = props.value ? JSON.parse(props.value) : { title: "", code: "" };
  root.hidden = !told.code;
  title.textContent = told.title;
  code.textContent = told.code;
  copy.textContent = "Copy";
}

copy.type = "button";
copy.addEventListener("click", async () => {
  const range = document.createRange();
  range.selectNodeContents(code);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  // Where the page is not served securely there is no clipboard; the code is selected all the same.
  try {
    await navigator.clipboard.writeText(code.textContent);
    copy.textContent = "Copied";
  } catch {
    copy.textContent = "Selected";
  }
});
code.tabIndex = 0;
root.className = "drawn to-copy";
root.append(make("div", "controls", title, copy), code);
watch("value", draw);
draw();
