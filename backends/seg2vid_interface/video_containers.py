"""Which containers of videos are opened, whatever a file's name is."""

from typing import Final

CONTAINERS: Final = "3gp,asf,avi,flv,matroska,webm,mov,mp4,m4a,mpeg,mpegts,mpegvideo,ogg"
"""As FFmpeg's option `format_whitelist` takes them: some others are lists of files and addresses to fetch."""
