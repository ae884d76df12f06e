// Replaces the parts that changed, while nobody uses them. Open details stay open.
(() => {
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.pathname, { cache: 'no-store' });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const part of document.querySelectorAll('[data-live]')) {
        const next = fresh.getElementById(part.id);
        if (!next || part.contains(document.activeElement)) continue;
        for (const open of part.querySelectorAll('details[open]')) {
          const again = next.querySelector(`#${CSS.escape(open.id)}`);
          if (again) again.open = true;
        }
        if (part.innerHTML !== next.innerHTML) part.replaceChildren(...next.childNodes);
      }
    } catch {
      // The mock has ended, or is not there for the moment.
    }
  };
  setInterval(refresh, 2000);
})();
