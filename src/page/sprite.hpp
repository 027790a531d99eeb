// The symbols and the patterns of bars, once per page.
#pragma once

#include <string_view>

namespace vitals::page {

inline constexpr std::string_view sprite = R"svg(<svg class=vh aria-hidden=true><defs>
<symbol id=f viewBox="0 0 16 16"><path d="M5.1.9h5.8l4.2 4.2v5.8l-4.2 4.2H5.1L.9 10.9V5.1z"/><path class=k d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2"/></symbol>
<symbol id=d viewBox="0 0 16 16"><path d="M8 .8q.6 0 1 .7l6.6 11.9q.7 1.6-1 1.6H1.4q-1.7 0-1-1.6L7 1.5q.4-.7 1-.7z"/><path class=k d="M8 5.5v4m0 2.7v.1"/></symbol>
<symbol id=u viewBox="0 0 16 16"><circle class=q cx=8 cy=8 r=6.8 stroke-dasharray="3 1.75"/><path class=q d="M6 6.4a2 2 0 1 1 3 1.8q-1 .5-1 1.4m0 1.9v.1"/></symbol>
<symbol id=b viewBox="0 0 16 16"><path class=q d="M1.2 8q6.8-8.4 13.6 0-6.8 8.4-13.6 0zM3 14 13 2"/></symbol>
<symbol id=m viewBox="0 0 16 16"><path class=q d="M10.2 1.9a4 4 0 0 0-4.9 5.4l-3.6 3.6a1.7 1.7 0 0 0 2.4 2.4l3.6-3.6a4 4 0 0 0 5.4-4.9l-2.4 2.4-2.3-.6-.6-2.3z"/></symbol>
<symbol id=o viewBox="0 0 16 16"><path class=q d="m2.8 8.6 3.4 3.5 7-7.9"/></symbol>
<symbol id=z viewBox="0 0 16 16"><circle cx=8 cy=8 r=7.3 /><path class=k d="M4.5 8h7"/></symbol>
<symbol id=s viewBox="0 0 16 16"><path class=q d="M3.9 11V7.3a4.1 4.1 0 0 1 8.2 0V11l1.2 1.5H2.7zM7 14.8h2M2 1.8l12 12"/></symbol>
<symbol id=a viewBox="0 0 16 16"><path class=q d="M3.5 15V1.7h9L10.3 5l2.2 3.3h-9"/></symbol>
<symbol id=n viewBox="0 0 16 16"><path class=q d="M2 2.5h12v8.5H7.5L4.5 14v-3H2z"/></symbol>
<symbol id=w viewBox="0 0 16 16"><path class=q d="M1 8.5h3L6 3.5l3.5 9.5L11.7 8.5H15"/></symbol>
<pattern id=po width=3 height=20 patternUnits=userSpaceOnUse><path class=po d="M0 11h2v9H0z"/></pattern>
<pattern id=pf width=3 height=20 patternUnits=userSpaceOnUse><path class=pf d="M0 0h2v20H0z"/></pattern>
<pattern id=pd width=3 height=5 patternUnits=userSpaceOnUse><path class=pd d="M0 0h2v3.5H0z"/></pattern>
<pattern id=pu width=3 height=4 patternUnits=userSpaceOnUse><path class=pu d="M0 1h2v1.5H0z"/></pattern>
<pattern id=pm width=3 height=20 patternUnits=userSpaceOnUse><path class=pm d="M.5 9h1v7h-1zM0 16h2v4H0z"/></pattern>
<pattern id=pb width=3 height=20 patternUnits=userSpaceOnUse><path class=pu d="M0 19h3v1H0z"/></pattern>
<pattern id=Po width=10 height=56 patternUnits=userSpaceOnUse><path class=po d="M0 32h8v24H0z"/></pattern>
<pattern id=Pf width=10 height=56 patternUnits=userSpaceOnUse><path class=pf d="M0 0h8v56H0z"/></pattern>
<pattern id=Pd width=10 height=8 patternUnits=userSpaceOnUse><path class=pd d="M0 0h8v5H0z"/></pattern>
<pattern id=Pu width=10 height=8 patternUnits=userSpaceOnUse><path class=pu d="M0 2h3v3H0zM5 2h3v3H5z"/></pattern>
<pattern id=Pm width=10 height=56 patternUnits=userSpaceOnUse><path class=pm d="M3 26h2v18H3zM0 44h8v12H0z"/></pattern>
<pattern id=Pb width=10 height=56 patternUnits=userSpaceOnUse><path class=pu d="M0 54h10v2H0z"/></pattern>
</defs></svg>)svg";

// The icon of the tab: both shape and colour.
struct TabIcon {
    char symbol;
    std::string_view drawing;
};
inline constexpr TabIcon tab_icons[] = {
    {'f',
     R"svg(<path fill='%23c5183a' d='M10 2h12l8 8v12l-8 8H10l-8-8V10z'/><path stroke='%23fff' stroke-width='4' stroke-linecap='round' d='m11 11 10 10m0-10L11 21'/>)svg"},
    {'d',
     R"svg(<path fill='%23d98200' d='M16 2l15 28H1z'/><path stroke='%23fff' stroke-width='4' stroke-linecap='round' d='M16 12v7m0 5v.1'/>)svg"},
    {'u',
     R"svg(<circle cx='16' cy='16' r='13' fill='%23fff' stroke='%23586274' stroke-width='4' stroke-dasharray='6 4'/><path d='M13 13a3.5 3.5 0 1 1 5 3q-2 1-2 3m0 4v.1' fill='none' stroke='%23586274' stroke-width='3.5' stroke-linecap='round'/>)svg"},
    {'m',
     R"svg(<rect x='2' y='2' width='28' height='28' rx='7' fill='%234c56c9'/><path stroke='%23fff' stroke-width='4' d='M12 9v14m8-14v14'/>)svg"},
    {'o',
     R"svg(<circle cx='16' cy='16' r='15' fill='%23218a52'/><path d='m9 16 5 6 10-12' fill='none' stroke='%23fff' stroke-width='4' stroke-linecap='round'/>)svg"},
};

}  // namespace vitals::page
