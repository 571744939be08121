"""Due moments, findings, catching up (电子监察). May import core … complaints."""
