import { render } from 'preact';
import { App } from './app.tsx';
import { startRouter } from './router.ts';
import { startSession } from './session.ts';
import { startTheme } from './theme.ts';
import './style/base.css';
import './style/controls.css';
import './style/frame.css';
import './style/panels.css';
import './style/bars.css';
import './style/lists.css';
import './style/incident.css';

startTheme();
startRouter();
const page = document.getElementById('page');
if (page) render(<App />, page);
void startSession();
