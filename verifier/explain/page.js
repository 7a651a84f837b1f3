// Steps through what `sipv explain` wrote down. Everything shown comes from the JSON above and is put into the page as text, never
// as markup: a module's names and strings are anybody's.
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const $ = id => document.getElementById(id);
  const kHistory = 60;   // visits listed around the present one
  const kDrawn = 60;     // blocks of a graph that is still a picture

  function make(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(options))
      if (key === 'class') node.className = value; else node.setAttribute(key, value);
    node.append(...children);
    return node;
  }
  function draw(tag, options = {}, ...children) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(options)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }
  const count = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;

  // ---- Positions. Visit v with n steps has n + 1 places before an instruction and then one on each edge.
  let f = null;          // the function shown
  let starts = [];       // position at which each visit begins
  let total = 0;
  let at = 0;

  const size = visit => visit.steps.length + 1 + visit.edges.length;
  function visitOf(position) {
    let low = 0, high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= position) low = middle; else high = middle;
    }
    return low;
  }
  function where(position) {
    const v = visitOf(position), visit = f.visits[v], n = position - starts[v];
    const edge = n > visit.steps.length ? visit.edges[n - visit.steps.length - 1] : null;
    const step = Math.min(n, visit.steps.length);
    return {v, visit, edge, step, pc: f.blocks[visit.block].first + step};
  }
  function isRefused(place) {
    return f.verdict === 'refused' && data.refusal && f.whole && place.v === f.visits.length - 1 &&
      place.pc === data.refusal.instruction && place.edge === (place.visit.edges.at(-1) ?? null);
  }

  // The registers at a place, and which of them have changed since the place before.
  function state(place) {
    const registers = new Map(), changed = new Set();
    const apply = known => registers.set(known.register, known);
    place.visit.state.forEach(apply);
    place.visit.steps.slice(0, place.step).forEach((step, i) => {
      for (const known of step) {
        apply(known);
        if (!place.edge && i === place.step - 1) changed.add(known.register);
      }
    });
    if (place.edge)
      for (const known of place.edge.changes) { apply(known); changed.add(known.register); }
    for (const [register, known] of registers)
      if (known.type === 'unset' && !changed.has(register)) registers.delete(register);
    return {registers, changed};
  }

  // ---- Pieces
  function type(value) {
    const text = value.type === 'unset' ? 'not set' : value.type;
    const node = make('span', value.type === 'conflict' ? {class: 'conflict'} : {});
    const endpoint = /^(.*:)([^:)?]+)([)?]*)$/.exec(text); // Contract.Imp:State
    if (!endpoint) node.append(text);
    else node.append(endpoint[1], make('span', {class: 'state'}, endpoint[2]), endpoint[3]);
    return node;
  }
  function owner(value) { return value.owner ? make('span', {class: value.owner}, value.owner) : ''; }

  function refusal(why) {
    const node = make('div', {class: 'refusal'}, make('span', {class: 'rule'}, why.rule), ' ', why.sentence, '. ',
      make('span', {class: 'protects'}, `The rule: ${why.protects}.`));
    if (why.places.length)
      node.append(make('ul', {}, ...why.places.map(p =>
        make('li', {}, `instruction ${p.instruction}${p.line ? `, line ${p.line}` : ''}: ${p.text}`))));
    return node;
  }

  // ---- The code, made once a function
  let rows = [], sections = [];
  function showCode() {
    rows = []; sections = [];
    $('code').replaceChildren();
    f.blocks.forEach((block, b) => {
      const from = b === 0 ? ['the caller'] : [];
      if (block.from.length) from.push(`block${block.from.length > 1 ? 's' : ''} ${block.from.join(', ')}`);
      const head = make('h3', {}, `block ${b}`, make('small', {}, from.length ? `from ${from.join(' and ')}` : ''),
        make('small', {class: 'count'}));
      const section = make('section', {class: 'block', 'data-block': b}, head);
      let line = 0, missing = 0;
      for (let pc = block.first; pc < block.end; pc++) {
        const i = f.code[pc];
        if (!i) { missing++; continue; }
        const row = make('div', {class: 'row', 'data-pc': pc}, make('span', {class: 'pc'}, pc),
          make('span', {class: 'text'}, i.text, ...(i.means ? [make('span', {class: 'means'}, `  ${i.means}`)] : [])),
          make('span', {class: 'line'}, i.line && i.line !== line ? `line ${i.line}` : ''));
        line = i.line;
        rows[pc] = row;
        section.append(row);
        if (f.verdict === 'refused' && pc === data.refusal.instruction) {
          row.classList.add('refused');
          section.append(refusal(data.refusal));
        }
      }
      if (missing)
        section.append(make('p', {class: 'missing'}, `${count(missing, 'instruction')}, visited later than this page tells of`));
      sections.push(section);
      $('code').append(section);
    });
  }

  // ---- The graph: a block below those that lead to it, but for loops, whose edges go up on the right.
  let nodes = [], edges = [];
  function layers() {
    const n = f.blocks.length, order = [], seen = new Array(n).fill(false), open = new Array(n).fill(false);
    const loops = new Set(), stack = [[0, 0]];
    seen[0] = open[0] = true;
    while (stack.length) {
      const top = stack.at(-1), to = f.blocks[top[0]].to;
      if (top[1] === to.length) { open[top[0]] = false; order.push(stack.pop()[0]); continue; }
      const next = to[top[1]++];
      if (open[next]) loops.add(`${top[0]},${next}`);
      else if (!seen[next]) { seen[next] = open[next] = true; stack.push([next, 0]); }
    }
    order.reverse();
    const rank = new Array(n).fill(0);
    for (const b of order)
      for (const next of f.blocks[b].to)
        if (!loops.has(`${b},${next}`)) rank[next] = Math.max(rank[next], rank[b] + 1);
    const rowsOf = [];
    for (const b of order) (rowsOf[rank[b]] ??= []).push(b);
    const x = new Array(n).fill(0), kWidth = 76;
    for (const row of rowsOf) {
      const wish = b => {
        const above = f.blocks[b].from.filter(p => rank[p] < rank[b]);
        return above.length ? above.reduce((sum, p) => sum + x[p], 0) / above.length : 0;
      };
      const wanted = new Map(row.map(b => [b, wish(b)]));
      row.sort((a, b) => wanted.get(a) - wanted.get(b));
      row.forEach((b, i) => { x[b] = Math.max(wanted.get(b), i ? x[row[i - 1]] + kWidth : -Infinity); });
      const shift = row.reduce((sum, b) => sum + x[b] - wanted.get(b), 0) / row.length;
      for (const b of row) x[b] -= shift;
    }
    return {x, rank, loops};
  }
  function showGraph() {
    nodes = []; edges = [];
    $('flow').replaceChildren(make('h3', {}, 'Control flow'));
    if (f.blocks.length > kDrawn) {
      $('flow').append(make('p', {class: 'missing'}, `${f.blocks.length} blocks are too many to draw.`));
      return;
    }
    const {x, rank, loops} = layers();
    const left = Math.min(...x) - 90, right = Math.max(...x) + 40, kRow = 58;
    const top = b => rank[b] * kRow + 6, loopRoom = 14 * Math.min(loops.size, 8) + 20;
    const width = right - left + loopRoom, height = (Math.max(...rank) + 1) * kRow;
    const svg = draw('svg', {width, height, viewBox: `${left} 0 ${width} ${height}`, role: 'img', 'aria-label': 'control flow graph'},
      draw('defs', {}, draw('marker', {id: 'tip', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto'},
        draw('path', {d: 'M0 0 8 4 0 8z'}))));
    let lane = 0;
    f.blocks.forEach((block, b) => {
      for (const next of new Set(block.to)) {
        let d;
        if (loops.has(`${b},${next}`)) {
          const side = right + 6 + 14 * (lane++ % 8), y = top(b) + (b === next ? 25 : 17), z = top(next) + (b === next ? 9 : 17);
          d = `M${x[b] + 27} ${y} C${side + 8} ${y} ${side + 8} ${z} ${x[next] + 29} ${z}`;
        } else if (rank[next] > rank[b] + 1) { // past the blocks between
          const side = Math.min(x[b], x[next]) - 48 - 5 * Math.min(8, rank[next] - rank[b]), y = top(b) + 24, z = top(next) + 10;
          d = `M${x[b] - 27} ${y} C${side} ${y + 20} ${side} ${z - 20} ${x[next] - 29} ${z}`;
        } else {
          const y = top(b) + 34, z = top(next) - 1, bend = Math.min(30, (z - y) / 2 + 4);
          d = `M${x[b]} ${y} C${x[b]} ${y + bend} ${x[next]} ${z - bend} ${x[next]} ${z}`;
        }
        const path = draw('path', {d, 'marker-end': 'url(#tip)'});
        edges.push({from: b, to: next, path});
        svg.append(path);
      }
    });
    f.blocks.forEach((block, b) => {
      const times = draw('text', {x: x[b], y: top(b) + 28, class: 'times'});
      const node = draw('g', {class: 'node'}, draw('rect', {x: x[b] - 27, y: top(b), width: 54, height: 34, rx: 6}),
        draw('text', {x: x[b], y: top(b) + 15}, String(b)), times);
      node.addEventListener('click', () => goToBlock(b));
      nodes.push({node, times});
      svg.append(node);
    });
    $('flow').append(make('div', {class: 'graph'}, svg));
  }

  // ---- One place
  function showRegisters(place) {
    const {registers, changed} = state(place);
    const lines = [...registers.values()].sort((a, b) => a.register - b.register).map(known => {
      const gone = known.type === 'unset';
      return make('tr', {class: `${changed.has(known.register) ? 'changed' : ''}${gone ? ' gone' : ''}`, 'data-register': known.register,
          'data-type': known.type},
        make('td', {}, `r${known.register}`), make('td', {}, gone ? 'gone' : type(known)), make('td', {}, owner(known)),
        make('td', {class: 'from'}, known.from));
    });
    if (!lines.length) lines.push(make('tr', {class: 'empty'}, make('td', {colspan: 4}, 'no register is set')));
    $('registers').tBodies[0].replaceChildren(...lines);
  }

  function side(value) {
    const from = value.block === null ? 'from the caller' : `from block ${value.block}`;
    return make('td', {}, type(value), make('small', {}, value.from && !value.from.startsWith('block') ? `${from}, ${value.from}` : from));
  }
  function showJoins(place) {
    $('joins').replaceChildren();
    const edge = place.edge;
    if (!edge) return;
    $('joins').append(make('h3', {}, 'What meets there'));
    const learnt = edge.joins.some(j => j.lost || j.result.type !== j.known.type);
    if (edge.first) $('joins').append(make('p', {}, 'Nothing had come to that block before: what is live there is taken as it is.'));
    else if (!edge.joins.length) $('joins').append(make('p', {}, 'The same as is known there: nothing is learnt.'));
    if (!edge.joins.length) return;
    const table = make('table', {}, make('thead', {}, make('tr', {}, ...['register', 'known there', 'comes now', 'is then'].map(h => make('th', {}, h)))));
    const body = make('tbody');
    for (const j of edge.joins) {
      const same = !j.lost && j.result.type === j.known.type;
      body.append(make('tr', {class: same ? '' : 'changed'}, make('td', {}, `r${j.register}`), side(j.known), side(j.brought),
        make('td', {class: same ? 'as-before' : ''}, j.lost ? make('span', {class: 'conflict'}, 'refused') : type(j.result))));
    }
    table.append(body);
    $('joins').append(table);
    if (!learnt) $('joins').append(make('p', {}, 'Nothing is learnt: the block need not be visited again for this.'));
  }

  function showHistory(place) {
    const from = Math.max(0, Math.min(place.v - kHistory / 2, f.visits.length - kHistory));
    const to = Math.min(f.visits.length, from + kHistory), list = ['visits '];
    if (from) list.push('… ');
    for (let v = from; v < to; v++) {
      const button = make('button', {title: `visit ${v + 1}: block ${f.visits[v].block}`}, f.visits[v].block);
      if (v === place.v) button.setAttribute('aria-current', 'step');
      button.addEventListener('click', () => go(starts[v]));
      list.push(button);
    }
    if (to < f.visits.length || !f.whole) list.push(' …');
    $('history').replaceChildren(...list);
  }

  function showPlace() {
    for (const node of document.querySelectorAll('.row.here, .block.here')) node.classList.remove('here');
    $('slider').value = at;
    // Not `disabled`: a button that has the focus would take the keys with it.
    for (const id of ['first', 'back', 'visit-back']) $(id).setAttribute('aria-disabled', at === 0);
    for (const id of ['last', 'forward', 'visit-forward']) $(id).setAttribute('aria-disabled', at >= total - 1);
    if (!total) {
      $('position').textContent = '';
      $('history').replaceChildren();
      $('caption').textContent = f.verdict === 'refused' ? 'Refused before any block was visited' : '';
      $('registers').tBodies[0].replaceChildren();
      $('joins').replaceChildren();
      return;
    }
    const place = where(at), {visit, edge} = place, seen = new Array(f.blocks.length).fill(0);
    for (let v = 0; v <= place.v; v++) seen[f.visits[v].block]++;
    $('position').textContent = `step ${at + 1} of ${total} · visit ${place.v + 1} of ${f.order.length}`;
    const nth = seen[visit.block] > 1 ? `, visit ${seen[visit.block]} of it` : '';
    $('caption').replaceChildren(isRefused(place) ? 'Refused at ' : edge ? '' : 'Before ',
      edge ? `${isRefused(place) ? 'the edge' : 'Edge'} from block ${visit.block} to block ${edge.to}` : `instruction ${place.pc}`,
      ' ', make('small', {}, edge ? '' : `block ${visit.block}${nth}`));
    showRegisters(place);
    showJoins(place);
    showHistory(place);
    sections.forEach((section, b) => {
      section.querySelector('.count').textContent =
        !f.blocks[b].visits ? 'never visited' : f.blocks[b].visits === 1 ? (seen[b] ? 'visited' : 'not yet visited')
          : `visited ${seen[b]} of ${f.blocks[b].visits} times`;
    });
    nodes.forEach(({node, times}, b) => {
      const here = b === visit.block;
      node.setAttribute('class', `node${here ? ' here' : ''}${seen[b] ? '' : ' new'}${here && isRefused(place) ? ' refused' : ''}`);
      times.textContent = seen[b] ? `×${seen[b]}` : '';
    });
    const graph = document.querySelector('.graph');
    if (graph) {
      const box = nodes[visit.block].node.getBBox(), view = graph.firstChild.viewBox.baseVal;
      graph.scrollTo(box.x - view.x - graph.clientWidth / 2, box.y - graph.clientHeight / 2);
    }
    for (const e of edges)
      e.path.setAttribute('class', edge && e.from === visit.block && e.to === edge.to ? 'here' : '');
    sections[visit.block].classList.add('here');
    rows[place.pc].classList.add('here');
    rows[place.pc].scrollIntoView({block: 'nearest'});
  }

  // ---- Moving
  function go(position) {
    at = Math.max(0, Math.min(total - 1, position));
    showPlace();
  }
  function goVisit(by) {
    if (!total) return;
    const v = visitOf(at);
    if (by < 0 && at > starts[v]) go(starts[v]);
    else if (v + by >= starts.length) go(total - 1);
    else go(starts[Math.max(0, v + by)]);
  }
  function goToBlock(b) { // its next visit, or its first
    const now = visitOf(at);
    let v = f.visits.findIndex((visit, i) => i > now && visit.block === b);
    if (v < 0) v = f.visits.findIndex(visit => visit.block === b);
    if (v >= 0) go(starts[v]);
  }
  const moves = {
    first: () => go(0), last: () => go(total - 1), back: () => go(at - 1), forward: () => go(at + 1),
    'visit-back': () => goVisit(-1), 'visit-forward': () => goVisit(1),
  };
  for (const [id, move] of Object.entries(moves)) $(id).addEventListener('click', move);
  $('slider').addEventListener('input', () => go(Number($('slider').value)));
  const keys = {ArrowLeft: 'back', ArrowRight: 'forward', ArrowUp: 'visit-back', ArrowDown: 'visit-forward', Home: 'first', End: 'last'};
  document.addEventListener('keydown', event => {
    if (event.target === $('function') || event.ctrlKey || event.altKey || event.metaKey) return;
    const move = moves[keys[event.key]];
    if (!move || !f) return;
    event.preventDefault();
    move();
  });

  // ---- A function
  function notices() {
    const list = [];
    const elsewhere = data.refusal && !(f && f.verdict === 'refused' && data.refusal.instruction !== null);
    if (elsewhere && (!f || f.verdict === 'refused' || !data.functions.some(g => g.verdict === 'refused'))) list.push(refusal(data.refusal));
    if (f && !f.whole)
      list.push(make('p', {}, f.visits.length
        ? `This page steps through the first ${f.visits.length} of ${f.order.length} visits; the counts beside the blocks are of all. `
        : `The ${f.order.length} visits of this function are more than this page tells of. `,
        'Show it alone, with --function; --json has more.'));
    $('notices').replaceChildren(...list);
  }
  function showFunction(index) {
    f = data.functions[index];
    starts = [];
    total = 0;
    for (const visit of f.visits) { starts.push(total); total += size(visit); }
    $('slider').max = Math.max(0, total - 1);
    $('verdict').textContent = f.verdict;
    $('verdict').className = `verdict ${f.verdict}`;
    $('source').textContent = f.source === data.module ? '' : f.source;
    notices();
    showCode();
    showGraph();
    go(0);
  }

  $('module').textContent = data.module;
  document.title = `${data.module} - sipv explain`;
  data.functions.forEach((g, i) =>
    $('function').append(make('option', {value: i}, `${g.signature}${g.verdict === 'refused' ? '  (refused)' : ''}`)));
  $('function').addEventListener('change', () => showFunction(Number($('function').value)));
  const refused = data.functions.findIndex(g => g.verdict === 'refused');
  const start = refused >= 0 ? refused : Math.max(0, data.functions.findIndex(g => g.entry));
  if (data.functions.length) {
    $('function').value = start;
    showFunction(start);
  } else {
    $('verdict').textContent = data.verdict;
    $('verdict').className = `verdict ${data.verdict}`;
    for (const node of document.querySelectorAll('main, .controls, .which, #history')) node.hidden = true;
    notices();
  }
})();
