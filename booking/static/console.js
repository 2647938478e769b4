// While a run is being solved: say a new stage once, instead of the whole page each second.
(() => {
  "use strict";
  const said = document.getElementById("stage-said");
  document.addEventListener("htmx:afterSwap", () => {
    const progress = document.getElementById("progress");
    const stage = progress && progress.dataset.stage;
    if (said && stage && said.textContent !== stage) said.textContent = stage;
  });
})();
