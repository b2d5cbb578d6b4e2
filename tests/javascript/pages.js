// Lets node import the modules of the pages as a browser does (`node --import ./pages.js`).

import { register } from "node:module";

register("./resolve.js", import.meta.url);
