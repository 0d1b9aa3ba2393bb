// Gradio leaves many pictures without a text for those who cannot see them: they get the label of
// their component, or the name of their file.
(() => {
  const describe = (image) => {
    if (image.alt) return;
    const block = image.closest(".block");
    const label = block?.querySelector('[data-testid="block-label"]')?.textContent.trim();
    const file = decodeURIComponent(image.src).split("/").pop().replace(/\.\w+$/, "");
    image.alt = label || file || "picture";
  };
  const describeAll = () => document.querySelectorAll("img").forEach(describe);
  new MutationObserver(describeAll).observe(document.documentElement, {
    childList: true,
    subtree: true,
  });
  describeAll();
})();

window.goHomeIfNowhere = () => {
  if (document.querySelector('[role="tab"][aria-selected="true"]')) return;
  document.getElementById("tab-home-button")?.click();
};

// A live page asks more than once a second which groups of plugins changed, and lets those catch up.
(() => {
  const PAUSE = 600;
  let known = [];
  const ask = async () => {
    const buttons = document.querySelectorAll(".catch-up");
    if (!buttons.length || document.hidden) return;
    const { root, api_prefix: prefix } = window.gradio_config;
    const answer = await fetch(`${root}${prefix}/run/live`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      // Without a session Gradio would make one, of every component on the page, for each question.
      body: '{"data": [], "session_hash": "live"}',
    });
    if (!answer.ok) return;
    const revisions = (await answer.json()).data[0];
    buttons.forEach((button, group) => {
      if (revisions[group] !== known[group]) button.click();
    });
    known = revisions;
  };
  // A server that is being restarted does not answer for a while.
  const askQuietly = () => ask().catch(() => {});
  setInterval(askQuietly, PAUSE);
  document.addEventListener("visibilitychange", askQuietly);
})();
