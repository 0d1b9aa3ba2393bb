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
