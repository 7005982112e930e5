"use strict";
// Phones take photos of many megabytes; a report needs a small one. Where this fails the photo goes as it is.
const LONGEST_SIDE = 1600;

async function shrink(input) {
  const file = input.files[0];
  if (!file) return;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  const files = new DataTransfer();
  files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
  input.files = files.files;
}

for (const input of document.querySelectorAll("input[type=file][data-shrink]")) {
  input.addEventListener("change", async () => {
    const button = input.form.querySelector("button.go");
    button.disabled = true;
    try {
      await shrink(input);
    } catch {
      // The browser cannot read it: the server says what it thinks of it.
    } finally {
      button.disabled = false;
    }
  });
}
