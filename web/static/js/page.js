// Pages without live news only write their times in the reader's zone.
import { localize, nameZone } from "./view.js";

localize();
nameZone();
