// Shows the chosen photo inside its slot (templates/partials/photo_slot.html), with 换一张 and 删除.
// What this browser cannot draw is shown by its name, and a phone's HEIC by a sign that it is there.
function tool(words, name, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--quiet";
  button.textContent = words;
  button.setAttribute("aria-label", `${words} · ${name}`);
  button.addEventListener("click", act);
  return button;
}

export function show(slot) {
  const box = slot.querySelector(".field__slot-box");
  const input = slot.querySelector("input[type=file]");
  const line = slot.querySelector("[data-photo-name]");
  const file = input.files[0];
  const old = box.querySelector("img");
  if (old?.src.startsWith("blob:")) URL.revokeObjectURL(old.src);
  if (old) old.remove();
  slot.querySelector(".field__slot-tools")?.remove();
  slot.classList.toggle("field__slot--filled", Boolean(file));
  line.hidden = true;
  if (!file) return;

  const name = slot.querySelector(".field__slot-name").textContent;
  const picture = new Image();
  picture.alt = file.name;
  picture.src = URL.createObjectURL(file);
  picture.addEventListener("error", () => {
    line.textContent = file.name;
    line.hidden = false;
    const heic = /\.hei[cf]$/i.test(file.name) || /^image\/hei[cf]$/.test(file.type);
    if (heic && picture.src.startsWith("blob:")) {
      URL.revokeObjectURL(picture.src);
      picture.alt = "";
      picture.src = slot.dataset.received;
    } else {
      picture.remove();
    }
  });
  box.append(picture);

  const tools = document.createElement("div");
  tools.className = "field__slot-tools";
  tools.append(
    tool(slot.dataset.againWord, name, () => input.click()),
    tool(slot.dataset.removeWord, name, () => {
      input.value = "";
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.focus();
    }),
  );
  slot.append(tools);
}

document.addEventListener("change", (event) => {
  const slot = event.target.closest?.("[data-photo-slot]");
  if (slot && event.target.type === "file") show(slot);
});
// A browser may give back the chosen files on reload or on the way back.
addEventListener("pageshow", () => {
  for (const slot of document.querySelectorAll("[data-photo-slot]")) {
    if (slot.querySelector("input[type=file]").files.length) show(slot);
  }
});
