// Puts words on the clipboard; of a page opened from disk too, where it may be closed to scripts.

/** Whether the words were copied. */
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return copyBySelection(words);
  }
}

/** For a page opened from disk, where the clipboard may be closed to scripts. */
function copyBySelection(words) {
  const box = document.createElement("textarea");
  box.value = words;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}
