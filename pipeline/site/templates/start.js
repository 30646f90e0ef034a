"use strict";
/* A page has nothing but its frame until its name is looked up here. */
site.page((target) => pages[document.documentElement.dataset.page](target));
