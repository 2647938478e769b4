// Warns before the session ends and extends it. Another tab may have extended it meanwhile, so the server is asked first.
(() => {
  "use strict";
  const dialog = document.getElementById("session-warning");
  if (!dialog || !dialog.showModal) return;
  const warn = Number(dialog.dataset.warn) * 1000;
  const form = dialog.querySelector("form");
  const tick = 5000;
  let ends = Date.now() + Number(dialog.dataset.left) * 1000;
  let extendable = dialog.dataset.extendable === "yes";
  let asked = "";
  let shown = "";

  const left = () => ends - Date.now();

  const show = (when) => {
    if (shown === when) return;
    shown = when;
    dialog.querySelectorAll("[data-when]").forEach((part) => {
      part.hidden = !part.dataset.when.split(" ").includes(when);
    });
    if (dialog.open) return;
    // a dialog that is open already is somebody's work: the warning waits until it is closed
    if (document.querySelector("dialog[open]")) shown = "";
    else dialog.showModal();
  };

  const learn = (told) => {
    ends = Date.now() + told.seconds * 1000;
    extendable = told.extendable;
    document.querySelectorAll("[data-session-end]").forEach((place) => (place.textContent = told.ends));
    if (left() > warn) {
      asked = shown = "";
      if (dialog.open) dialog.close();
    }
  };

  // an answer that leads to the door has no session any more; no answer at all says nothing
  const ask = async (address, options) => {
    const answer = await fetch(address, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
      cache: "no-store",
      ...options,
    });
    if (answer.ok) learn(await answer.json());
    else if (answer.type === "opaqueredirect") ends = Date.now();
    else throw new Error(String(answer.status));
  };

  const look = async () => {
    if (left() > warn) return;
    // once when it is near, and once when it is over
    const stage = left() > 0 ? "near" : "over";
    if (asked !== stage) {
      asked = stage;
      try {
        await ask(dialog.dataset.address);
      } catch {
        asked = "";
      }
      if (left() > warn) return;
    }
    if (left() <= 0) show("over");
    else show(extendable ? "soon" : "last");
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form.action, { method: "POST", body: new FormData(form) }).then(look, () => form.submit());
  });
  setInterval(look, tick);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    asked = "";
    look();
  });
  look();
})();
