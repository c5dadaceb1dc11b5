#!/usr/bin/python3
"""Draws the frames of odo.ivf and camera-off.ivf; README.md beside this file says how to run it."""
import math
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 15, 10
SCALE = 2  # drawn twice as large and reduced, for smooth edges
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
NIGHT, WALL, STEEL, SHADE, INK, GLOW, LAMP = "#14323a", "#1b424c", "#dfe9e4", "#a9bfba", "#12262b", "#7fe3c4", "#ffb454"


class Canvas:
    """ImageDraw in the coordinates of the finished picture."""

    def __init__(self, background):
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), background)
        self.draw = ImageDraw.Draw(self.image)

    def box(self, x0, y0, x1, y1, radius, fill):
        self.draw.rounded_rectangle([v * SCALE for v in (x0, y0, x1, y1)], radius * SCALE, fill)

    def disc(self, x, y, radius, fill):
        self.draw.ellipse([(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE], fill)

    def line(self, points, width, fill):
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], fill, round(width * SCALE), joint="curve")
        for x, y in points:
            self.disc(x, y, width / 2, fill)

    def slice(self, x, y, radius, share, fill):
        corners = [(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE]
        self.draw.pieslice(corners, -90, -90 + 360 * share, fill)

    def text(self, x, y, words, size, fill):
        self.draw.text((x * SCALE, y * SCALE), words, fill, ImageFont.truetype(FONT, size * SCALE), anchor="mm")

    def save(self, path):
        self.image.resize((WIDTH, HEIGHT), Image.LANCZOS).save(path)


def robot(second):
    """One moment of the loop: every motion has a period that divides SECONDS, so that the end meets the beginning."""
    turn = 2 * math.pi * second
    sway, gaze, wave = 10 * math.sin(turn / 5), 13 * math.sin(turn / 2.5), math.sin(turn / 1.25)
    blink = second % 2.5 > 2.35
    x, y = 320 + sway, 176 + 4 * math.sin(turn / 1.25)
    c = Canvas(NIGHT)
    for stripe in range(-1, 9):
        left = stripe * 80 + 80 * (second / 2.5 % 1)
        c.draw.polygon([(v * SCALE, h * SCALE) for v, h in ((left, 360), (left + 36, 360), (left + 156, 0), (left + 120, 0))], WALL)
    # body and the arm that waves
    c.line([(x + 96, y + 176), (x + 168, y + 120), (x + 184 + 26 * wave, y + 44)], 26, SHADE)
    c.disc(x + 184 + 26 * wave, y + 34, 24, STEEL)
    c.box(x - 112, y + 128, x + 112, y + 260, 34, SHADE)
    c.box(x - 22, y + 100, x + 22, y + 140, 6, INK)
    # head, ears, antenna with its lamp
    c.line([(x, y - 98), (x + sway * 0.8, y - 132)], 8, SHADE)
    c.disc(x + sway * 0.8, y - 138, 13, LAMP if second % 1 < 0.5 else "#8a6a3a")
    for side in (-1, 1):
        c.box(x + side * 148 - 16, y - 34, x + side * 148 + 16, y + 34, 12, SHADE)
    c.box(x - 142, y - 98, x + 142, y + 108, 46, STEEL)
    c.box(x - 114, y - 66, x + 114, y + 76, 32, INK)
    for side in (-1, 1):
        if blink:
            c.box(x + side * 52 - 24, y - 14, x + side * 52 + 24, y - 6, 4, GLOW)
        else:
            c.disc(x + side * 52, y - 12, 26, GLOW)
            c.disc(x + side * 52 + gaze, y - 12, 11, INK)
    smile = [(x + dx, y + 38 + 13 * math.cos(dx / 40 * math.pi / 2)) for dx in range(-40, 41, 8)]
    c.line(smile, 7, GLOW)
    # name, and the clock that shows the picture is live; the lower right corner is the viewer's own picture
    c.box(486, 20, 620, 76, 18, INK)
    c.text(553, 48, "Odo", 30, STEEL)
    c.box(20, 256, 154, 340, 18, INK)
    c.disc(56, 298, 24, WALL)
    c.slice(56, 298, 24, second / SECONDS, LAMP)
    c.text(116, 298, f"{math.floor(second):d}.{math.floor(second * 5 + 1e-6) % 5 * 2}", 30, STEEL)
    return c


def camera_off():
    """What a viewer gets for somebody whose camera is off."""
    c = Canvas("#1d2327")
    c.disc(320, 148, 56, "#4a555c")
    c.box(220, 216, 420, 420, 90, "#4a555c")
    c.box(0, 330, 640, 360, 0, "#1d2327")
    return c


out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
for frame in range(FPS * SECONDS):
    robot(frame / FPS).save(out / f"odo-{frame:03d}.png")
camera_off().save(out / "camera-off.png")
