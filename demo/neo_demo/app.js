// What a page needs beyond Gradio: light and dark, the list of titles behind an @, a thread that stays at its end,
// and the names of points in a map. Everything it shows comes from the server, escaped there.
(() => {
  const saved = () => { try { return localStorage.getItem('neo-mode'); } catch { return null; } };
  const dress = () => {
    const mode = new URLSearchParams(location.search).get('__theme') || saved();
    if (mode) document.body.classList.toggle('dark', mode === 'dark');
  };
  document.addEventListener('click', (event) => {
    if (!event.target.closest('#mode')) return;
    const dark = !document.body.classList.contains('dark');
    document.body.classList.toggle('dark', dark);
    try { localStorage.setItem('neo-mode', dark ? 'dark' : 'light'); } catch { /* private window */ }
  });

  // The thread follows what is written, unless somebody has scrolled up.
  let following = true;
  document.addEventListener('scroll', (event) => {
    if (event.target.id === 'thread') {
      following = event.target.scrollHeight - event.target.scrollTop - event.target.clientHeight < 80;
    }
  }, true);
  window.neoDrawn = (element) => {
    const thread = element.closest('#thread');
    if (thread && following) requestAnimationFrame(() => { thread.scrollTop = thread.scrollHeight; });
  };

  // Titles behind an @: arrows choose, Enter takes, Escape leaves.
  const options = () => [...document.querySelectorAll('#mentions [role=option]')];
  const choose = (found, place) => {
    found.forEach((option, at) => option.setAttribute('aria-selected', String(at === place)));
    found[place].scrollIntoView({ block: 'nearest' });
    document.querySelector('#typed textarea').setAttribute('aria-activedescendant', found[place].id);
  };
  document.addEventListener('keydown', (event) => {
    if (!event.target.closest || !event.target.closest('#typed')) return;
    if (event.key === 'Enter' && !event.shiftKey) following = true;
    const found = options();
    if (!found.length) return;
    const at = found.findIndex((option) => option.getAttribute('aria-selected') === 'true');
    if (event.key === 'ArrowDown') choose(found, (at + 1) % found.length);
    else if (event.key === 'ArrowUp') choose(found, (at + found.length - 1) % found.length);
    else if (event.key === 'Enter' || event.key === 'Tab') found[Math.max(at, 0)].click();
    else if (event.key === 'Escape') document.querySelector('#mentions ul').remove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  // A point of a map says its title.
  document.addEventListener('pointerover', (event) => {
    const point = event.target.closest && event.target.closest('[data-tip]');
    const map = point && point.closest('.map');
    if (!map) return;
    const tip = map.querySelector('.tip');
    tip.textContent = point.dataset.tip;
    const box = map.getBoundingClientRect(), spot = point.getBoundingClientRect();
    tip.style.left = `${Math.min(spot.left - box.left + 10, box.width - 200)}px`;
    tip.style.top = `${spot.top - box.top + 14}px`;
    tip.hidden = false;
    point.addEventListener('pointerleave', () => { tip.hidden = true; }, { once: true });
  });

  const ready = () => {
    if (!document.body) return;
    dress();
    document.documentElement.lang = 'en';
    const past = document.querySelector('#past');
    if (past) { past.setAttribute('role', 'log'); past.setAttribute('aria-label', 'Conversation'); }
    const box = document.querySelector('#typed textarea');
    if (box) { box.setAttribute('aria-controls', 'mentions'); box.setAttribute('aria-autocomplete', 'list'); }
    const thread = document.querySelector('#thread');
    if (thread) thread.tabIndex = 0;
    return past && box;
  };
  const wait = setInterval(() => { if (ready()) clearInterval(wait); }, 100);
})();
