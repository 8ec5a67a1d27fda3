// After `npm ci` in a checkout: nothing to build. A tarball is packed from `dist`, which `npm run build` makes.
