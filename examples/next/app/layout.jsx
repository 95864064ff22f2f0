import 'aiprod-studio/style.css';

export const metadata = { title: 'A studio in a Next application' };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
