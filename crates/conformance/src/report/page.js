(() => {
  const search = document.getElementById('search');
  const filters = [...document.querySelectorAll('.filter')];
  const flows = [...document.querySelectorAll('details.flow')];
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(filters.filter((box) => box.checked).map((box) => box.value));
    let any = false;
    for (const flow of flows) {
      let some = false;
      for (const step of flow.querySelectorAll('.step')) {
        const text = step.dataset.words.toLowerCase();
        const fits = verdicts.has(step.dataset.verdict) && words.every((word) => text.includes(word));
        step.hidden = !fits;
        some = some || fits;
      }
      flow.hidden = !some;
      if (words.length > 0 && some) flow.open = true;
      any = any || some;
    }
    document.getElementById('none').hidden = any;
  };
  search.addEventListener('input', show);
  filters.forEach((box) => box.addEventListener('change', show));
})();
