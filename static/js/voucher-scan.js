// The camera reads a voucher's QR code where the browser can ([data-voucher-scan] shows itself then)
// and sends the form above it. Typing the eight digits always works.
const box = document.querySelector("[data-voucher-scan]");
const able = "BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia;

if (box && able) start(box);

function start(box) {
  const view = box.querySelector("[data-scan-view]");
  const words = box.querySelector("[data-scan-words]");
  const button = box.querySelector("[data-scan-start]");
  const input = box.closest("form").querySelector("input[name=code]");
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  let stream = null;

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    view.hidden = true;
  };

  async function look() {
    if (!stream) return;
    try {
      const [found] = await detector.detect(view);
      if (found) {
        input.value = found.rawValue;
        stop();
        input.form.requestSubmit();
        return;
      }
    } catch {
      // A frame that is not there yet; the next one is.
    }
    setTimeout(look, 200);
  }

  button.addEventListener("click", async () => {
    if (stream) return;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      words.textContent = words.dataset.noCamera;
      return;
    }
    words.textContent = words.dataset.looking;
    view.srcObject = stream;
    view.hidden = false;
    await view.play();
    look();
  });
  addEventListener("pagehide", stop);
  box.hidden = false;
}
