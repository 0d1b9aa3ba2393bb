/* Hands a file to the browser's downloads; nothing of it stays on the server. The value's members
   are in saving_files.py. */
watch("value", () => {
  if (!props.value) return;
  const { name, data } = JSON.parse(props.value);
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes]));
  const link = make("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
});
