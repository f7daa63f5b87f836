/** The page's style sheet. Light is the default and what is printed; each colour on its ground has a contrast of 4.5. */
export const style = `
:root{color-scheme:light;--page:#fbfaf8;--surface:#fff;--ink:#1c2227;--muted:#5a636b;--line:#dedbd5;--accent:#0b6477;--contrast:#a8481f;--heat-1:#e2eff1;--heat-2:#b9dbe1;--heat-3:#86c3cd;--heat-4:#52a9b7}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--page:#14171a;--surface:#1a1e22;--ink:#e7eaec;--muted:#a2abb3;--line:#343b42;--accent:#5fc3d4;--contrast:#ef9a70;--heat-1:#1e2d32;--heat-2:#1f404a;--heat-3:#1d5462;--heat-4:#1a6a7b}}
*{box-sizing:border-box}
html{font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;color:var(--ink);background:var(--page);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:80rem;padding:0 1rem 3rem}
h1,h2{line-height:1.2;text-wrap:balance}
h1{font-size:clamp(1.75rem,1.3rem + 2vw,2.5rem);margin:2.5rem 0 .5rem;letter-spacing:-.02em}
h1 time{color:var(--accent);white-space:nowrap}
h2{font-size:1.375rem;margin:0 0 .25rem}
p{margin:0 0 1rem;max-width:80ch;overflow-wrap:anywhere}
a{color:var(--accent);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:-99rem;padding:.5rem 1rem;background:var(--surface)}
.skip:focus{left:1rem;top:.5rem}
.facts{color:var(--muted);max-width:none}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.125rem;margin:1.5rem 0 0;padding:.75rem 0;list-style:none;border-block:1px solid var(--line)}
nav a{display:inline-block;padding:.25rem 0;text-decoration:none}
nav a:hover{text-decoration:underline}
section{padding-top:2.5rem}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:1rem;margin:.75rem 0 1.25rem}
.figures div{padding:.75rem 0 0;border-top:2px solid var(--accent)}
.figures dt{color:var(--muted);font-size:.875rem}
.figures dd{margin:0;font-size:clamp(1.125rem,.9rem + .9vw,1.5rem);font-weight:600;letter-spacing:-.01em}
figure{margin:0 0 1rem}
figcaption{color:var(--muted);font-size:.875rem;margin-top:.5rem}
svg{display:block;width:100%;max-width:32rem;height:auto;font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
@media screen{
.scroll{overflow:auto;max-height:30rem;border:1px solid var(--line);border-radius:6px;background:var(--surface)}
.short .scroll{max-height:19rem}
tbody th,td{overflow-wrap:anywhere}
}
table{border-collapse:collapse;width:max-content;min-width:100%;font-size:.875rem}
caption{text-align:left;padding:.5rem .75rem;color:var(--muted)}
th,td{padding:.3rem .75rem;text-align:left;vertical-align:top;font-weight:400}
tbody th,td{max-width:28rem}
thead th{position:sticky;top:0;background:var(--surface);color:var(--muted);box-shadow:inset 0 -1px var(--line);vertical-align:bottom;white-space:nowrap}
tbody tr:nth-child(even){background:color-mix(in srgb,var(--line) 28%,transparent)}
.n{text-align:right;white-space:nowrap}
details{margin-bottom:.5rem}
summary{cursor:pointer;color:var(--accent);width:max-content;font-size:.875rem;margin-bottom:.5rem}
.download{margin:.5rem 0 0;font-size:.875rem}
.download span{color:var(--muted);margin-left:.5rem}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--muted);font-size:.875rem}
footer code{overflow-wrap:anywhere}
@media (min-width:64rem){
body{padding-inline:2rem}
.figures{grid-template-columns:repeat(5,1fr)}
.parts{display:grid;grid-template-columns:minmax(0,30rem) minmax(0,1fr);gap:0 2.5rem;align-items:start}
.parts .data:only-child{grid-column:1/-1}
}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@page{margin:14mm}
@page wide{size:landscape}
@media print{
html{font-size:10pt;background:none}
body{max-width:none;padding:0}
nav,.skip,.download,details{display:none}
section{padding-top:1.5rem}
#top_rated{page:wide}
h2,caption{break-after:avoid}
figure,tr{break-inside:avoid}
svg{max-width:26rem}
.figures{grid-template-columns:repeat(5,1fr)}
.figures dd{font-size:1.2rem}
.parts{display:grid;grid-template-columns:20rem minmax(0,1fr);gap:0 1.5rem;align-items:start}
:is(#top_rated,#rank_changes,#most_awarded) .parts{display:block}
table{width:100%;font-size:7pt;line-height:1.3}
th,td{padding:.1rem .3rem}
tbody th,td{max-width:16rem;overflow-wrap:break-word}
#top_rated td:nth-child(5){white-space:nowrap}
thead{display:table-header-group}
thead th{position:static;white-space:normal;overflow-wrap:normal}
}
`;
