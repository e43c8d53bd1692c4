import './base.css';
import './access.css';
import './kernels.css';
