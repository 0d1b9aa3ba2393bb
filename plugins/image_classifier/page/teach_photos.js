/* Photos of a visitor, from files and from the camera: upright, reduced, as JPEG in a data URL. So
   a photo of twelve megapixels is sent as a hundred kilobytes. */
const QUALITY = 0.9;

/* A canvas of at most `side` pixels a side, white where the picture is transparent. */
function drawnSmall(source, width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = make("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", QUALITY);
}

/* Rejects a file that this browser cannot read as a picture. */
async function readPhoto(file, side) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const url = drawnSmall(picture, picture.width, picture.height, side);
  picture.close();
  return url;
}

function readFrame(video, side) {
  return drawnSmall(video, video.videoWidth, video.videoHeight, side);
}

/* Rejects with a sentence for the visitor. */
async function openCamera(video, facing) {
  if (!navigator.mediaDevices) {
    throw new Error("Browsers give the camera only to pages over https or on localhost.");
  }
  try {
    const wanted = { facingMode: facing, width: { ideal: 640 }, height: { ideal: 480 } };
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    await video.play();
  } catch (error) {
    closeCamera(video);
    throw new Error(CAMERA_TROUBLE[error.name] ?? `The camera did not start: ${error.message}`);
  }
}

function closeCamera(video) {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
}

const CAMERA_TROUBLE = {
  NotAllowedError: "The camera is not allowed here. Allow it in the address bar, or add files.",
  NotFoundError: "There is no camera. Add files instead.",
  OverconstrainedError: "There is no camera that fits. Add files instead.",
  NotReadableError: "The camera is in use elsewhere. Close the other program and try again.",
};

function newVideo(label) {
  const video = make("video", "camera");
  Object.assign(video, { muted: true, playsInline: true, autoplay: true });
  video.setAttribute("aria-label", label);
  return video;
}

function newButton(className, text, act) {
  const button = make("button", className, text);
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}
