/** The player's buttons, its slider and the line that says what is going on. */
import { element } from "../interface/elements.js";

export function startTransport(viewer) {
  const { player } = viewer;
  const scrub = element("scrub");
  const act = (id, run) => element(id).addEventListener("click", run);
  act("play", () => viewer.togglePlaying());
  act("stop", () => player.stop());
  act("step-back", () => player.step(-1));
  act("step-forward", () => player.step(1));
  act("loop", () => toggleLoop(player));
  act("cancel", () => viewer.cancel());
  scrub.addEventListener("input", () => {
    const frame = Number(scrub.value); // before the pause, which shows the frame that was
    player.pause();
    player.seek(frame);
  });
  const show = () => showAll(viewer, scrub);
  viewer.changed.listen(show);
  viewer.settings.changed.listen(show);
  show();
}

export function toggleLoop(player) {
  player.isLooping = !player.isLooping;
  element("loop").setAttribute("aria-pressed", player.isLooping);
}

function showAll(viewer, scrub) {
  const { player } = viewer;
  showPlayButton(player.isPlaying);
  for (const id of ["stop", "step-back", "step-forward"]) element(id).disabled = !player.clip?.ready;
  showScrub(scrub, player);
  element("frame-text").textContent = frameText(viewer);
  element("work-text").textContent = workText(viewer);
  element("cancel").hidden = !viewer.isMaking;
}

function showPlayButton(isPlaying) {
  const button = element("play");
  button.classList.toggle("is-playing", isPlaying); // both icons are there, as a new one would have to be fetched
  button.querySelector("span").textContent = isPlaying ? "Pause" : "Play";
  button.title = "Play or pause (space)";
}

function showScrub(scrub, { clip, frame }) {
  scrub.disabled = !clip?.ready;
  scrub.max = Math.max(1, (clip?.frames ?? 2) - 1);
  scrub.value = frame;
  const share = (part, whole) => `${(100 * part) / Math.max(1, whole)}%`;
  scrub.style.setProperty("--ready", share((clip?.ready ?? 0) - 1, (clip?.frames ?? 2) - 1));
  scrub.style.setProperty("--done", share(frame, (clip?.frames ?? 2) - 1));
  scrub.setAttribute("aria-valuetext", clip ? `frame ${frame + 1} of ${clip.frames}` : "no clip");
}

function frameText({ player, lookTime, isShowingLook }) {
  const { clip, frame } = player;
  if (clip?.ready && !isShowingLook) return `frame ${frame + 1} of ${clip.frames}, ${(frame / clip.fps).toFixed(2)} s`;
  return lookTime === null ? "" : `first frame, painted in ${(lookTime / 1000).toFixed(2)} s`;
}

function workText(viewer) {
  const lanes = viewer.lanes.filter((lane) => lane.isMaking);
  if (!lanes.length) return idleText(viewer);
  const clip = lanes.map((lane) => lane.clip).find((made) => made && !made.isComplete);
  if (clip) return `${clip.ready} of ${clip.frames} frames made`;
  const waiting = lanes.find((lane) => lane.ahead > 0);
  return waiting ? `waiting for ${waiting.ahead} other${waiting.ahead > 1 ? "s" : ""}` : "making the first frame";
}

function idleText({ player, isUpToDate }) {
  if (!player.clip || isUpToDate) return "";
  const { clip } = player;
  return clip.isComplete ? "the clip is of an earlier drawing" : `the clip was cut at frame ${clip.ready}`;
}
