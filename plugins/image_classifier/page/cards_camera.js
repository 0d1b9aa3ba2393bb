/* The camera of one card: hold the button, and frames are added ten times a second. */
const FRAME_SIDE = 480;
const EVERY = 100;
const MOST_FRAMES = 200;

function cameraPanel(number, close) {
  const video = newVideo("What the camera sees");
  const said = make("p", "said");
  const hold = make("button", "hold", "Hold to record");
  const panel = make("div", "camera-panel", video, said);
  let frames = [];
  let clock = 0;

  function record() {
    if (clock || !video.videoWidth) return;
    frames = [];
    hold.classList.add("on");
    const take = () => {
      const data = readFrame(video, FRAME_SIDE);
      frames.push({ name: `camera ${new Date().toISOString().slice(11, 23)}`, read: async () => data });
      hold.textContent = `Recording: ${frames.length}`;
      if (frames.length >= MOST_FRAMES) finish();
    };
    clock = setInterval(take, EVERY);
    take();
  }

  function finish() {
    if (!clock) return;
    clearInterval(clock);
    clock = 0;
    hold.classList.remove("on");
    hold.textContent = "Hold to record";
    enqueue(number, frames);
  }

  function stop() {
    finish();
    closeCamera(video);
    panel.remove();
    document.removeEventListener("visibilitychange", hide);
    close();
  }

  function hide() {
    if (document.hidden) stop();
  }

  hold.type = "button";
  hold.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    hold.setPointerCapture(event.pointerId);
    record();
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) hold.addEventListener(end, finish);
  hold.addEventListener("keydown", (event) => {
    if ((event.key === " " || event.key === "Enter") && !event.repeat) record();
    if (event.key === " " || event.key === "Enter") event.preventDefault();
  });
  hold.addEventListener("keyup", finish);
  hold.addEventListener("contextmenu", (event) => event.preventDefault());
  document.addEventListener("visibilitychange", hide);
  panel.append(make("div", "tools", hold, newButton("", "Close the camera", stop)));
  said.setAttribute("role", "status");
  openCamera(video, "environment").then(
    () => {
      said.textContent = "Turn it, move it, change the background: variety teaches more than number.";
      panel.scrollIntoView({ block: "nearest" });
    },
    (error) => {
      video.hidden = hold.hidden = true;
      said.textContent = error.message;
    },
  );
  return { panel, stop };
}
