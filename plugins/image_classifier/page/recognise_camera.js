/* The camera, live: the newest frame is sent when the last one was answered, and no sooner than
   PAUSE after it; frames between are never sent. What the network sees is the square in the middle. */
const SIDE = 320;
const PAUSE = 150;
const PATIENCE = 8000;
const root = element.querySelector(".drawn");
const video = make("video");
const canvas = make("canvas");
const button = make("button", "camera-button", "Start the camera");
const rate = make("span", "rate");
const said = make("p", "said");
let stream = null;
let number = 0;
let asked = 0;
let rounds = [];

const REFUSALS = {
  NotAllowedError: "The browser does not lend the camera to this page. Allow it beside the address, then start it again.",
  NotFoundError: "No camera was found. Connect one, or use a photo.",
  NotReadableError: "The camera is in use by another program. Close that one, then start it again.",
};

async function start() {
  if (!navigator.mediaDevices) {
    said.textContent =
      "Browsers lend a camera only to pages over HTTPS, or on this machine. Use a photo instead.";
    return;
  }
  button.disabled = true;
  said.textContent = "";
  try {
    const wanted = { video: { facingMode: "environment", width: { ideal: 640 } } };
    stream = await navigator.mediaDevices.getUserMedia(wanted);
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    stop(REFUSALS[error.name] ?? "The camera did not start. Try again, or use a photo.");
    return;
  }
  button.disabled = false;
  button.textContent = "Stop the camera";
  root.classList.add("running");
  rounds = [];
  send();
}

function stop(text = "") {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  asked = 0;
  video.srcObject = null;
  button.disabled = false;
  button.textContent = "Start the camera";
  rate.textContent = "";
  said.textContent = text;
  root.classList.remove("running");
}

function send() {
  if (!stream) return;
  // Gone to another section, another tab, or a head that wants a drawing: nobody looks any more.
  if (!root.isConnected || !root.checkVisibility() || document.hidden) return stop();
  const { videoWidth: width, videoHeight: height } = video;
  if (!width) return void setTimeout(send, PAUSE);
  const scale = SIDE / Math.min(width, height);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  number += 1;
  asked = performance.now();
  trigger("frame", { image: canvas.toDataURL("image/jpeg", 0.85), number });
  const mine = number;
  setTimeout(() => stream && mine === number && asked && send(), PATIENCE);
}

function hear() {
  const news = props.value ? JSON.parse(props.value) : {};
  if (!stream || news.answered !== number || !asked) return;
  if (news.said) return stop(news.said);
  const now = performance.now();
  rounds = [...rounds, now].slice(-8);
  const pace = (1000 * (rounds.length - 1)) / (now - rounds[0]);
  rate.textContent = rounds.length > 2 ? `${pace.toFixed(1)} frames a second` : "";
  const rest = Math.max(0, PAUSE - (now - asked));
  asked = 0;
  setTimeout(send, rest);
}

button.addEventListener("click", () => (stream ? stop() : start()));
button.type = "button";
video.muted = true;
video.playsInline = true;
video.setAttribute("aria-label", "The camera's picture; the network sees the square in the middle");
said.setAttribute("role", "status");
root.className = "drawn camera";
root.append(
  make("div", "viewfinder", video, make("span", "invitation", "The camera's picture will be here.")),
  make("div", "camera-tools", button, rate),
  said,
);
watch("value", hear);
