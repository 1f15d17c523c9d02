"""One line of YAML for each key, as a reader may copy it. A test reads every one by its table."""

from __future__ import annotations

FILE = {
    "rules": "rules: [{name: all, match: '*.png', clips: {idle: breathing calmly}}]",
    "version": "version: 1",
    "description": "description: The heroes of chapter one.",
    "when": "when: {max_width: 64}",
    "defaults": "defaults: {frames: 8, colors: source}",
}
RULE = {
    "name": "name: heroes",
    "match": "match: characters/{name}.png",
    "extends": "extends: characters@1/hero",
    "when": "when: {min_width: 16, max_width: 64}",
    "description": "description: The heroes of chapter one.",
    "pivot": "pivot: bottom",
    "defaults": "defaults: {frames: 8, colors: source}",
    "targets": "targets: [godot, {gif: {scale: 4}}]",
    "vary_by": "vary_by: [direction]",
    "cells": "cells: 16x16",
    "pick": "pick: [0, 5]",
    "grade": "grade: {warn: 85, hide: 60}",
    "batch": "batch: true",
    "placeholder": "placeholder: false",
    "budget": "budget: 200",
    "clips": 'clips: {idle: "breathing calmly, seamless loop"}',
}
CLIP = {
    "prompt": 'prompt: "{name} breathing calmly, seamless loop"',
    "from": "from: walk",
    "flip": "flip: x",
    "reverse": "reverse: true",
    "negative_prompt": 'negative_prompt: "blur, extra limbs"',
    "frames": "frames: 8",
    "colors": "colors: source",
    "model": "model: pixel-1",
    "matte": 'matte: "#ff00ff"',
    "seed": "seed: 7",
    "fit": "fit: pad",
    "loop": "loop: false",
    "fps": "fps: 12",
    "direction": "direction: pingpong",
    "hold": "hold: {0: 400}",
    "alpha": "alpha: keep",
    "crop": "crop: original",
    "stages": "stages: {align: off}",
}
WHEN = {
    "min_width": "min_width: 16",
    "max_width": "max_width: 64",
    "min_height": "min_height: 16",
    "max_height": "max_height: 64",
    "max_colors": "max_colors: 32",
    "min_opaque": "min_opaque: 0.1",
    "max_opaque": "max_opaque: 0.9",
    "path": "path: ^boss",
    "stem": "stem: [bat, slime]",
    "folder": "folder: [enemies]",
    "outside": "outside: [ui]",
    "without": "without: [icon]",
}
PROJECT = {
    "assets": "assets: [assets, art/sprites]",
    "ignore": 'ignore: [ui/, "**/*_old.png"]',
    "rules": "rules: [rules/*.yaml]",
    "packs": "packs: [characters@1, items@1]",
    "service": "service: built-in",
    "targets": "targets: [aseprite, godot]",
    "budget": "budget: {run: 200, day: 500}",
    "jobs": "jobs: 3",
    "placeholder": "placeholder: false",
    "batch": "batch: true",
    "watch": "watch: {settle: 2s, buy_after: 5m}",
}
WATCH = {
    "settle": "settle: 2s",
    "buy_after": "buy_after: 5m",
    "burst": "burst: 20",
    "mode": "mode: scan",
}
