// What every page gains from a script; nothing here is needed for the page to work.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  // the summary of a form's errors is read first
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  // the current page is in sight in a navigation that scrolls
  const current = document.querySelector(".nav [aria-current]");
  const nav = current && current.closest(".nav");
  if (nav && nav.scrollWidth > nav.clientWidth) {
    nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    // a link with data-dialog leads to a page; with a script it opens the dialog of the same content
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog && dialog.showModal) {
        event.preventDefault();
        dialog.showModal();
      }
      return;
    }
    const closer = event.target.closest("[data-close]");
    if (closer) {
      const dialog = closer.closest("dialog");
      if (dialog) {
        event.preventDefault();
        dialog.close();
      }
      return;
    }
    const all = event.target.closest("[data-check]");
    if (all) {
      const boxes = [...document.querySelectorAll(all.dataset.check)].filter((box) => !box.disabled);
      const on = !boxes.every((box) => box.checked);
      boxes.forEach((box) => {
        box.checked = on;
        box.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
  });

  // a second press on a slow line sends nothing twice
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button) button.setAttribute("aria-disabled", "true");
    setTimeout(() => {
      delete form.dataset.sent;
      if (button) button.removeAttribute("aria-disabled");
    }, 8000);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });

  // buttons that need a script are shown only where there is one
  document.querySelectorAll("[data-js]").forEach((element) => element.removeAttribute("hidden"));
  document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
})();
