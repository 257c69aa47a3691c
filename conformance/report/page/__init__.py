"""The parts of the HTML report; `page.html`, `page.css` and `page.js` are what a browser gets of them."""
