import react from '@vitejs/plugin-react';

/** The studio's workers are modules of their own. */
export default { plugins: [react()], worker: { format: 'es' } };
