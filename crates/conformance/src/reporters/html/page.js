(() => {
  const tools = document.getElementById('tools');
  const search = document.getElementById('search');
  const filters = [...tools.querySelectorAll('[type=checkbox]')];
  const read = () => [...document.querySelectorAll('.flow')].map((flow) => ({
    flow,
    lines: [...flow.querySelectorAll(':scope > ul > li')].map((line) => ({
      line,
      verdict: line.firstElementChild.className,
    })),
  }));
  let flows; // Read when they are first searched: that would delay the first sight of a large page.
  const wordsOf = (entry, flow) => {
    if (!entry.words) {
      // The line itself, not the exchange behind the fold.
      const own = [...entry.line.childNodes].filter((node) => node.localName !== 'details');
      const title = flow.querySelector('summary').textContent;
      entry.words = [title, ...own.map((node) => node.textContent)].join(' ').toLowerCase();
    }
    return entry.words;
  };
  const show = () => {
    flows ??= read();
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(filters.filter((box) => box.checked).map((box) => box.value));
    let any = false;
    for (const { flow, lines } of flows) {
      let some = false;
      for (const entry of lines) {
        const fits = verdicts.has(entry.verdict) && words.every((word) => wordsOf(entry, flow).includes(word));
        entry.line.hidden = !fits;
        some = some || fits;
      }
      flow.hidden = !some;
      if (words.length > 0 && some) flow.open = true;
      any = any || some;
    }
    document.getElementById('none').hidden = any;
  };
  // Browsers that do not open what a link leads into.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    for (let each = target; each; each = each.parentElement) {
      each.hidden = false;
      if (each.localName === 'details') each.open = true;
    }
    target?.scrollIntoView();
  };
  search.addEventListener('input', show);
  filters.forEach((box) => box.addEventListener('change', show));
  addEventListener('hashchange', reveal);
  if (location.hash) reveal();
  tools.hidden = false;
})();
