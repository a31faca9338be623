#!/usr/bin/env python3
"""Seeded random scenario generator.   gen.py KIND SEED > x.scn      KIND: one of KINDS, at the end
   gen.py all OUTDIR       writes the standard corpus of 200"""
import random, sys, os

def wr(r, *pairs):
    t = sum(w for w, _ in pairs); x = r.uniform(0, t)
    for w, v in pairs:
        x -= w
        if x <= 0: return v
    return pairs[-1][1]

REASONS = ['boom', 'normal', 'shutdown', '{shutdown,x}', '{bad,1}', 'killed', 'kill']

def crash_action(r):
    k = wr(r, (4, 'exit'), (3, 'stop'), (3, 'error'), (1, 'throw'), (1, 'badreturn'))
    if k == 'error': return 'error:' + r.choice(['boom', '{bad,2}', 'badarg'])
    if k in ('throw', 'badreturn'): return k + ':' + r.choice(['foo', '{x,1}'])
    return k + ':' + wr(r, (3, 'boom'), (3, 'normal'), (2, 'shutdown'), (2, '{shutdown,x}'), (1, '{bad,1}'), (1, 'killed'), (.5, 'kill'))

def worker(r, wid, parent, slow, auto='never', sofo=False, intensity=3):
    d = {}
    restart = wr(r, (5, 'permanent'), (3, 'transient'), (2, 'temporary'))
    if auto != 'never' and r.random() < .6:
        restart = r.choice(['transient', 'temporary']); d['significant'] = 'true'
    elif r.random() < .004: d['significant'] = 'true'        # usually an invalid combination
    d['restart'] = restart
    d['shutdown'] = wr(r, (6, '5000'), (2, '100'), (1, 'brutal_kill'), (1, 'infinity'))
    d['trap'] = r.choice(['true', 'false'])
    term = wr(r, (7, '0'), (2, '10'), (1 if slow[0] > 0 else 0, '400'), (.4 if slow[0] > 0 else 0, 'infinity'))
    if term in ('400', 'infinity'):
        slow[0] -= 1; d['shutdown'] = r.choice(['100', '100', 'brutal_kill'])
    d['term'] = term
    if r.random() < .06 and term in ('0', '10'): d['term_exit'] = r.choice(['late', 'normal', 'shutdown'])
    init = wr(r, (80, 'ok'), (3, 'ok|stop:bad|ok'), (3, 'ok|ok|stop:bad|ok'), (2, 'ok|stop:bad'), (2, 'ok|ignore|ok'),
              (2, 'ok|error:bad|ok'), (2, 'ok|exit:bad|ok'), (1, 'ignore'), (1, 'ignore|ok'), (1, 'ok|stop:normal|ok'), (1, 'ok|stop:shutdown|ok'),
              (.4, 'stop:bad'), (.2, 'error:bad'))
    d['init'] = init
    if sofo and init in ('stop:bad', 'error:bad', 'ok|ignore|ok'): d['init'] = 'ok'
    p = f' parent={parent}' if parent else ''
    return (f'worker {wid}{p} ' + ' '.join(f'{k}={v}' for k, v in d.items()), d)

def gen_sup(kind, seed):
    r = random.Random(f'{kind}-{seed}')
    small = kind != 'sup-medium'
    period = 1 if kind == 'sup-window' else 3600
    nsup = r.randint(1, 2) if small else r.randint(3, 6)
    nwork = r.randint(1, 5) if small else r.randint(5, 14)
    slow = [1 if small else 2]
    if kind == 'sup-window': slow = [0]
    sups, out, workers, W = [], [], [], {}
    for i in range(nsup):
        sid = 'top' if i == 0 else f's{i}'
        cands = [s for s in sups if s['strategy'] != 'simple_one_for_one']
        if i > 0 and not cands: break
        par = None if i == 0 else r.choice(cands[-3:])
        st = wr(r, (35, 'one_for_one'), (25, 'one_for_all'), (25, 'rest_for_one'), ((15 if i or small else 0), 'simple_one_for_one'))
        if i == 0 and nsup > 1 and st == 'simple_one_for_one': st = 'one_for_one'
        auto = wr(r, (75, 'never'), (15, 'any_significant'), (10, 'all_significant'))
        if st == 'simple_one_for_one': auto = 'never'      # accepted by OTP 25.2.3, refused by newer OTP
        s = dict(id=sid, par=par, strategy=st, auto=auto, lines=[], intensity=wr(r, (1, 0), (3, 1), (3, 2), (2, 3), (1, 5)) if i else wr(r, (1, 1), (2, 3), (4, 6), (3, 10)),
                 restart=wr(r, (6, 'permanent'), (2, 'transient'), (2, 'temporary')), sig=False,
                 shutdown=wr(r, (92, 'infinity'), (4, 'brutal_kill'), (4, '5000')))
        if par and par['auto'] != 'never' and r.random() < .4:
            s['sig'] = True; s['restart'] = r.choice(['transient', 'temporary'])
        sups.append(s)
    body = []
    def supline(s):
        l = f"sup {s['id']}" + (f" parent={s['par']['id']}" if s['par'] else '')
        l += f" strategy={s['strategy']} intensity={s['intensity']} period={period}"
        if s['auto'] != 'never': l += f" auto_shutdown={s['auto']}"
        if s['par']: l += f" restart={s['restart']} shutdown={s['shutdown']}" + (' significant=true' if s['sig'] else '')
        return l
    items = [('s', s) for s in sups[1:]]
    for i in range(nwork): items.append(('w', i))
    head, tail = supline(sups[0]), []
    # interleave workers with child supervisors but declare a supervisor before its children
    order = []
    for s in sups[1:]: order.append(('s', s))
    for i in range(nwork): order.insert(r.randint(0, len(order)), ('w', i))
    sofos = [s for s in sups if s['strategy'] == 'simple_one_for_one']
    normal = [s for s in sups if s['strategy'] != 'simple_one_for_one']
    lines = [head]
    for k, x in order:
        if k == 's': lines.append(supline(x)); continue
        if not normal: continue
        p = r.choice(normal)
        wid = f'w{x+1}'
        l, d = worker(r, wid, p['id'], slow, p['auto'])
        lines.append(l); workers.append(wid); W[wid] = (p['id'], d)
    for s in sofos:
        l, d = worker(r, f"{s['id']}_t", s['id'], slow, s['auto'], sofo=True)
        lines.append(l); s['d'] = d
    extra = []
    for i in range(r.randint(0, 2)):
        l, d = worker(r, f'x{i+1}', None, slow); lines.append(l); extra.append(f'x{i+1}'); W[f'x{i+1}'] = (None, d)
    if r.random() < .25:
        lines.append('sup xs strategy=one_for_one intensity=1 period=%d' % period); extra.append('xs')
        l, d = worker(r, 'xsw', 'xs', slow); lines.append(l); workers.append('xsw'); W['xsw'] = ('xs', d)
    steps = ['start']; dyn = {}; nd = 0
    n = r.randint(5, 14) if small else r.randint(10, 28)
    allw = lambda: workers + [e for e in extra if e != 'xs'] + list(dyn)
    for _ in range(n):
        s = r.choice(sups); aw = allw()
        op = wr(r, (26, 'crash'), (9, 'kill'), (4, 'exit'), (7, 'batch'), (9, 'start_child'), (7, 'terminate_child'), (6, 'restart_child'),
                (4, 'delete_child'), (4, 'which_children'), (4, 'count_children'), (2, 'get_childspec'), (3, 'killsup'), (7, 'start'),
                (30 if kind == 'sup-window' else 0, 'sleep'))
        if sofos and r.random() < .25: op = 'start_child'; s = r.choice(sofos)
        kids = [w for w in aw if (W[w][0] if w in W else dyn.get(w)) == s['id']] + [x['id'] for x in sups if x['par'] is s]
        anyid = lambda: r.choice(kids) if kids and r.random() < .85 else r.choice(aw + extra + ['zz'])
        if op == 'start': steps.append('start')
        elif op == 'crash' and aw: steps.append(f'crash {r.choice(aw)} {crash_action(r)}')
        elif op == 'kill' and aw: steps.append(f'kill {r.choice(aw)}')
        elif op == 'exit' and aw: steps.append(f"exit {r.choice(aw)} {r.choice(['normal','boom','shutdown','{shutdown,y}'])}")
        elif op == 'killsup' and len(sups) > 1: steps.append(f"kill {r.choice(sups[1:])['id']}")
        elif op == 'batch':
            ks = [k for k in kids if k in W or k in dyn]
            if len(ks) < 2: continue
            ops = []
            for k in r.sample(ks, min(len(ks), r.randint(2, 3))):
                d = W[k][1] if k in W else s['d']
                ops.append(f'kill {k}' if d.get('term') == 'infinity' or r.random() < .4 else f'crash {k} {crash_action(r)}')
            steps.append(f"batch {s['id']} " + ' ; '.join(ops))
        elif op == 'start_child':
            if s['strategy'] == 'simple_one_for_one':
                nd += 1; nm = f'k{nd}'; dyn[nm] = s['id']
                steps.append(f"start_child {s['id']} {nm}" + wr(r, (8, ''), (1, ' init=stop:no'), (1, ' init=ignore'), (1, ' init=ok|stop:again|ok'), (1, ' trap=true')))
            elif extra or kids: steps.append(f"start_child {s['id']} {r.choice((extra*3 or []) + kids)}")
        elif op in ('terminate_child', 'restart_child', 'delete_child', 'get_childspec'): steps.append(f"{op} {s['id']} {anyid()}")
        elif op in ('which_children', 'count_children'): steps.append(f"{op} {s['id']}")
        elif op == 'sleep' and sum(x.startswith('sleep') for x in steps) < 3: steps.append('sleep 2500')
    steps += ['which_children top', 'count_children top']
    steps.append(wr(r, (6, 'stop shutdown'), (1, 'stop normal'), (1, 'stop boom'), (1, 'stop kill'), (2, 'gen_stop normal'), (1, 'gen_stop shutdown')))
    return '\n'.join(['scenario sup'] + [f'# {kind} seed {seed}'] + lines + ['step ' + s for s in steps]) + '\n'

def gen_proc(seed):
    r = random.Random(f'proc-{seed}')
    steps, actors, servers, tags, als, blocked = [], [], [], [], [], {}
    cnt = [0, 0, 0]
    def fresh():
        n = 'abcdefghijklmnopqrstuvwxyz'[cnt[0] % 26] + (str(cnt[0] // 26) if cnt[0] >= 26 else ''); cnt[0] += 1; return n
    def tag(): cnt[1] += 1; return f'm{cnt[1]}'
    trap = lambda: r.choice(['', ' trap'])
    for _ in range(r.randint(3, 5)):
        n = fresh(); actors.append(n); steps.append(f'spawn {n}{trap()}')
    names = ['nn', 'oo', 'pp']
    msg = lambda: '{%s,%d}' % (r.choice('mnq'), r.randint(1, 4))
    def pat():
        return wr(r, (4, lambda: '{%s,_}' % r.choice('mnq')), (2, msg), (2, lambda: "{'EXIT',@%s,_}" % r.choice(actors)),
                  (2 if tags else 0, lambda: "{'DOWN',%%%s,_,_,_}" % r.choice(tags)), (1, lambda: '{_,%d}' % r.randint(1, 4)))()
    rsn = lambda: wr(r, (4, 'boom'), (3, 'normal'), (2, 'kill'), (1, 'killed'), (1, 'shutdown'), (1, '{x,1}'), (1, 'noproc'))
    dead = set()
    def mark():
        for s in steps[-3:]:
            t = s.split()
            if t[0] == 'kill': dead.add(t[1])
            if t[0] == 'do' and (t[2] in ('exit', 'error', 'throw', 'return') or 'exit' in t[3:] and ';' in t): dead.add(t[1])
            if t[0] == 'do' and t[2] == 'exit2' and t[4] == 'kill': dead.add(t[1] if t[3] == 'self' else t[3])
    for _ in range(r.randint(30, 65)):
        mark()
        free = [a for a in actors if a not in blocked and (a not in dead or r.random() < .08)]
        if not free:
            n = fresh(); actors.append(n); steps.append(f'spawn {n}{trap()}'); continue
        a, b = r.choice(free), r.choice(actors)
        if b in dead and r.random() < .6: b = r.choice(free)
        # prefer recent actors: they are more often alive
        if r.random() < .6: a = r.choice(free[-4:])
        if r.random() < .6: b = r.choice(actors[-4:])
        op = wr(r, (8, 'link'), (3, 'unlink'), (8, 'monitor'), (4, 'demonitor'), (5, 'trap'), (6, 'exit2'), (3, 'die'), (12, 'send'),
                (10, 'recv'), (3, 'register'), (2, 'unregister'), (2, 'whereis'), (3, 'sendreg'), (2, 'monreg'), (8, 'spawn'), (8, 'spawn_link'),
                (3, 'spawn_monitor'), (3, 'server'), (8, 'call'), (2, 'cast'), (2, 'kill'), (2, 'alive'), (3, 'links'), (2, 'monitors'),
                (3, 'burst'), (2, 'async'), (2, 'join'), (1, 'timer'), (2, 'alias'), (2, 'sendalias'))
        if op == 'link': steps.append(f'do {a} link {b}')
        elif op == 'unlink': steps.append(f'do {a} unlink {b}')
        elif op == 'monitor': t = tag(); tags.append(t); steps.append(f'do {a} monitor {t} {b}')
        elif op == 'monreg': t = tag(); tags.append(t); steps.append(f'do {a} monitor {t} @{r.choice(names)}')
        elif op == 'demonitor' and tags: steps.append(f'do {a} demonitor {r.choice(tags)}' + r.choice(['', ' flush', ' info', ' flush info']))
        elif op == 'trap': steps.append(f"do {a} trap {r.choice(['true','true','false'])}")
        elif op == 'exit2': steps.append(f"do {a} exit2 {r.choice([b,b,b,b,b,'self'])} {rsn()}")
        elif op == 'die': steps.append(f'do {a} ' + wr(r, (4, f'exit {rsn()}'), (2, 'error badarg'), (1, 'error {my,err}'), (1, 'throw ball'), (2, 'return')))
        elif op == 'send': steps.append(f'do {a} send {b} {msg()}')
        elif op == 'burst': steps.append(f'do {a} ' + ' ; '.join(f'send {b} {msg()}' for _ in range(r.randint(2, 4))) + r.choice(['', f' ; exit {rsn()}']))
        elif op == 'recv': steps.append(f'do {a} recv 0 ' + ' | '.join(pat() for _ in range(r.randint(1, 3))))
        elif op == 'register': steps.append(f'do {a} register {r.choice(names)} {b}')
        elif op == 'unregister': steps.append(f'do {a} unregister {r.choice(names)}')
        elif op == 'whereis': steps.append(f'whereis {r.choice(names)}')
        elif op == 'sendreg': steps.append(f'do {a} send @{r.choice(names)} {msg()}')
        elif op == 'spawn': n = fresh(); actors.append(n); steps.append(f'spawn {n}{trap()}')
        elif op == 'spawn_link': n = fresh(); steps.append(f'do {a} spawn_link {n}{trap()}'); actors.append(n)
        elif op == 'spawn_monitor': n = fresh(); t = tag(); tags.append(t); steps.append(f'do {a} spawn_monitor {t} {n}{trap()}'); actors.append(n)
        elif op == 'server': cnt[2] += 1; s = f's{cnt[2]}'; servers.append(s); steps.append((f'server {s}' if r.random() < .5 else f'do {a} start_server {s}') + trap())
        elif op == 'call' and servers:
            q = wr(r, (4, '{echo,{m,1}}'), (1, '{later,20,{n,2}}'), (1, '{stop,normal}'), (1, '{stop,boom}'), (1, '{stop_reply,normal,bye}'), (1, '{stop_reply,boom,bye}'),
                   (1, '{exit,normal}'), (1, '{exit,boom}'), (1, '{error,boom}'), (1, '{throw,t}'), (1, '{badreturn,t}'), (1, '{reply_exit,boom,bye}'),
                   (2, '{call,%s,%s}' % (r.choice(servers), r.choice(['{echo,{m,2}}', '{error,boom}', '{stop,boom}', '{exit,normal}', '{stop_reply,normal,bye}']))))
            if r.random() < .2: steps.append(f'do {a} call {r.choice(servers)} 30 ' + r.choice(['noreply', '{sleep,120}', '{later,120,late}']))
            else: steps.append(f"do {a} {r.choice(['call','call','callx'])} {r.choice(servers[-2:])} 2000 {q}")
        elif op == 'cast' and servers: steps.append(f"do {a} cast {r.choice(servers)} {r.choice(['{echo,1}','{stop,boom}','{error,boom}','{exit,normal}'])}")
        elif op == 'kill': steps.append(f'kill {r.choice(actors + servers)}')
        elif op == 'alive': steps.append(f'alive {b}')
        elif op in ('links', 'monitors'): steps.append(f'{op} {b}')
        elif op == 'async':
            if servers and r.random() < .5: steps.append(f'async {a} call {r.choice(servers[-2:])} infinity noreply'); blocked[a] = 'call'
            else: steps.append(f'async {a} recv infinity {pat()}'); blocked[a] = 'recv'
        elif op == 'join' and blocked:
            x = r.choice(list(blocked)); steps.append(f'kill {r.choice(servers)}' if blocked[x] == 'call' and servers else f'do {a} send {x} {{m,1}}' )
            steps.append(f'kill {x}'); steps.append(f'join {x}'); del blocked[x]
        elif op == 'timer':
            t = tag()
            if r.random() < .5: steps += [f'do {a} send_after {t} 150 {b} {{tick,1}}', 'sleep 300', f'do {a} cancel {t}']
            else: steps += [f'do {a} start_timer {t} 60000 {b} {{tick,1}}', f'do {a} cancel {t}', f'do {a} cancel {t}']
        elif op == 'alias': t = 'al%d' % (len(als) + 1); als.append(t); steps.append(f'do {a} alias {t}')
        elif op == 'sendalias' and als: steps.append(f'do {a} ' + r.choice(['send %', 'send %', 'unalias ']) .replace('unalias ', 'unalias ') + r.choice(als) + (' {m,3}' if True else ''))
    steps = [s if ' unalias ' not in s else ' '.join(s.split()[:4]) for s in steps]
    for x in actors[-5:]: steps.append(f'alive {x}')
    return '\n'.join(['scenario proc', f'# proc seed {seed}'] + ['step ' + s for s in steps]) + '\n'

def gen_amid(seed):
    """Kills and other requests while a tree starts, restarts and stops. All that takes time takes a multiple of 100 ms, and what
    comes in between comes half-way, so nothing depends on which of two things is faster. (Who is slow to start is not told to crash then: it would just
    when it has started, beside what goes on with the start.)"""
    r = random.Random(f'sup-amid-{seed}')
    sups, workers, quick, lines = ['top'], [], [], []
    for i in range(r.randint(0, 2)): sups.append(f's{i+1}')
    strategy = lambda: wr(r, (3, 'one_for_one'), (2, 'one_for_all'), (2, 'rest_for_one'))
    lines.append(f'sup top strategy={strategy()} intensity={r.randint(1, 4)} period=3600')
    for n, s in enumerate(sups[1:]):
        lines.append(f"sup {s} parent={r.choice(sups[:n+1])} strategy={strategy()} intensity={r.randint(0, 2)} period=3600 "
                     f"restart={wr(r, (4, 'permanent'), (1, 'transient'), (1, 'temporary'))}"
                     f" shutdown={wr(r, (5, 'infinity'), (1, '100'), (1, 'brutal_kill'))}")
    for i in range(r.randint(2, 5)):
        trap, term, slow = r.choice(['true', 'true', 'false']), wr(r, (3, 0), (2, 200)), wr(r, (3, 0), (2, 200))
        if slow == 0: quick.append(f'w{i+1}')
        workers.append(f'w{i+1}')
        lines.insert(r.randint(len(lines) - i, len(lines)), f"worker w{i+1} parent={r.choice(sups)} restart={wr(r, (5, 'permanent'), (2, 'transient'), (1, 'temporary'))}"
                     f" shutdown={wr(r, (3, 5000), (2, 100), (1, 'brutal_kill'), (1, 'infinity'))} trap={trap} term={term} slow={slow}"
                     f" init={wr(r, (8, 'ok'), (1, 'ok|ignore|ok'))}")
    lines.append(f"worker x1 restart=permanent shutdown=5000 trap=true term={r.choice([0, 200])} slow=200")
    def op():
        w, s = r.choice(workers + workers + ['x1']), r.choice(sups)
        return wr(r, (6, f'kill {w}'), (3, f'kill {s}'), (2, f"exit {w} {r.choice(['boom', 'normal', 'shutdown'])}"), (3, f'crash {r.choice(quick or ["x0"])} {crash_action(r)}'),
                  (1, f'which_children {s}'), (1, f'count_children {s}'), (1, f'start_child {s} x1'), (1, f'terminate_child {s} {w}'), (1, f'restart_child {s} {w}'))
    def amid(step, p=.7): return f'amid {r.choice([50, 50, 150, 250, 350])} {op()} ; {step}' if r.random() < p else step
    steps = [amid('start', .5)]
    for _ in range(r.randint(2, 6)):
        w, s = r.choice(workers), r.choice(sups)
        steps.append(amid(wr(r, (5, f'crash {w} {crash_action(r)}'), (3, f'kill {w}'), (1, f'kill {s}'), (2, f'start_child {s} x1'), (2, f'terminate_child {s} {w}'),
                             (2, f'restart_child {s} {w}'), (2, 'start'))))
    steps.append(amid(r.choice(['stop shutdown', 'stop boom', 'gen_stop normal'])))
    return '\n'.join(['scenario sup', f'# sup-amid seed {seed}'] + lines + ['step ' + s for s in steps]) + '\n'

def gen_calls(seed):
    """Calls among servers: nested, in cycles, answered later by another request, cut off by kills. The inner call's time is always
    the shorter one, so the innermost fails first. Actors and servers are not linked: whether a reply or the exit after it is
    heard of first is not said."""
    r = random.Random(f'proc-calls-{seed}')
    steps, actors, servers, blocked, deferred = [], [], [], {}, []
    def actor():
        actors.append('abcdefghijklmnopqrstuvwxyz'[len([s for s in steps if s[:6] == 'spawn ']) % 26]); steps.append(f"spawn {actors[-1]}{r.choice(['', ' trap'])}")
    def server(): servers.append(f's{len(servers) + 1}'); steps.append(f"server {servers[-1]}{r.choice(['', ' trap'])}")
    for _ in range(3): actor()
    for _ in range(3): server()
    alive = lambda: r.choice(servers[-3:]) if r.random() < .9 else r.choice(servers)
    def request(times):
        if times and r.random() < .6: return '{call,%s,%s,%d}' % (alive(), request(times[1:]), times[0])
        return wr(r, (5, '{echo,{m,%d}}' % r.randint(1, 9)), (1, '{exit,boom}'), (1, '{exit,normal}'), (1, '{error,boom}'), (1, '{throw,t}'), (1, '{stop,boom}'), (1, '{stop,normal}'),
                  (1, '{stop_reply,normal,bye}'), (1, '{stop_reply,boom,bye}'), (1, '{sleep,20}'), (1, '{later,20,{n,2}}'), (1, 'noreply'), (1, '{badreturn,t}'))
    for n in range(r.randint(10, 22)):
        if n % 6 == 5: server()
        free = [a for a in actors if a not in blocked]
        if not free: actor(); continue
        a, s = r.choice(free), alive()
        op = wr(r, (9, 'call'), (3, 'callx'), (5, 'defer'), (4, 'answer'), (3, 'async'), (3, 'join'), (2, 'cast'), (2, 'kill'), (1, 'exit'), (1, 'gen_stop'), (1, 'monitor'))
        if op == 'call': steps.append(f'do {a} call {s} 1200 {request([900, 600, 300])}')
        elif op == 'callx':
            steps.append(f'do {a} callx {s} 1200 {request([900, 600, 300])}')
            if r.random() < .5: actor()
        elif op == 'defer':
            deferred.append((f't{len(deferred)}', s)); blocked[a] = s
            steps.append(f"async {a} {r.choice(['call', 'call', 'callx'])} {s} 60000 {{defer,{deferred[-1][0]}}}")
        elif op == 'answer' and deferred: t, s = r.choice(deferred[-3:]); steps.append(f'do {a} call {s} 1200 {{answer,{t},{{r,{r.randint(1, 9)}}}}}')
        elif op == 'async': blocked[a] = s; steps.append(f'async {a} call {s} infinity noreply')
        elif op == 'join' and blocked:
            x = r.choice(list(blocked)); s = blocked.pop(x)
            steps += [r.choice([f'kill {s}', f'exit {s} boom', f'do {a} gen_stop {s} done 1000'])] if r.random() < .7 else [f'kill {x}']
            steps += [f'join {x}', f'kill {x}']  # it may wait on
            actors.remove(x)
        elif op == 'cast': steps.append(f'do {a} cast {s} ' + r.choice(['{echo,1}', '{stop,boom}', '{call,%s,{echo,1},300}' % alive(), '{send,%s,{m,1}}' % r.choice(actors)]))
        elif op == 'kill': steps.append(f'kill {s}')
        elif op == 'exit': steps.append(f"exit {s} {r.choice(['boom', 'normal', 'kill'])}")
        elif op == 'gen_stop': steps.append(f"do {a} gen_stop {s} {r.choice(['normal', 'boom', 'shutdown'])} 1000")
        elif op == 'monitor': steps.append(f'do {a} monitor m{n} {s}')
    return '\n'.join(['scenario proc', f'# proc-calls seed {seed}'] + ['step ' + s for s in steps]) + '\n'

KINDS = ['sup-small', 'proc', 'sup-medium', 'proc-calls', 'sup-amid', 'sup-small', 'proc', 'sup-medium', 'proc-calls', 'sup-amid', 'proc', 'sup-window']

def gen(kind, seed):
    if kind == 'sup-amid': return gen_amid(seed)
    if kind == 'proc-calls': return gen_calls(seed)
    return gen_proc(seed) if kind == 'proc' else gen_sup(kind, seed)
if __name__ == '__main__':
    if sys.argv[1] == 'all':
        d = sys.argv[2]; os.makedirs(d, exist_ok=True)
        for kind, n in (('sup-small', 60), ('sup-medium', 60), ('sup-window', 10), ('proc', 70)):
            for i in range(1, n + 1): open(f'{d}/{kind}_{i:03d}.scn', 'w').write(gen(kind, i))
    else: sys.stdout.write(gen(sys.argv[1], int(sys.argv[2])))
