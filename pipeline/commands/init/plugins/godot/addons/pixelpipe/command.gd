@tool
extends RefCounted
## Runs the program and reads its report (`pixelpipe build --json`).
## pixelpipe plugin version 1

const COMMAND := "pixelpipe/command"
const FOLDER := "pixelpipe/folder"
const BEFORE_PLAY := "pixelpipe/build_before_play"
const DEFAULTS := {COMMAND: "pixelpipe", FOLDER: "res://", BEFORE_PLAY: true}
## Exit codes after which the game cannot be expected to be right: wrong usage, wrong
## configuration, broken storage, a bug.
const STOPPING := [2, 3, 8, 70]
const MEANING := {
	0: "Up to date.",
	1: "Some sprites failed.",
	2: "The command in Project Settings > pixelpipe is wrong.",
	3: "pixelpipe.yaml or a rule is wrong.",
	4: "A sprite cannot be used.",
	5: "Not bought: run `pixelpipe build` in a terminal and say yes.",
	6: "The service cannot be reached; nothing is lost.",
	7: "It is not certain whether something was billed: run `pixelpipe jobs`.",
	8: "The local storage is full, busy or broken: run `pixelpipe verify`.",
	9: "Out of date.",
	70: "This is a bug in pixelpipe.",
	130: "Interrupted.",
}
const NOT_FOUND := "pixelpipe was not found: install it (pip install pixelpipe), or set its path " \
	+ "in Project Settings > pixelpipe > command."


static func define_settings() -> void:
	for name: String in DEFAULTS:
		if not ProjectSettings.has_setting(name):
			ProjectSettings.set_setting(name, DEFAULTS[name])
		ProjectSettings.set_initial_value(name, DEFAULTS[name])


## Returns {"verb", "exit", "report"}; exit is -1 when the program was not found.
static func run(verb: String) -> Dictionary:
	var words: PackedStringArray = str(ProjectSettings.get_setting(COMMAND)).split(" ", false)
	var arguments := words.slice(1)
	arguments.append_array(PackedStringArray([verb, "--json", folder()]))
	var output := []
	var code := OS.execute(words[0], arguments, output)
	return {"verb": verb, "exit": code, "report": parse("".join(PackedStringArray(output)))}


## Returns the pixelpipe project's folder as the operating system names it.
static func folder() -> String:
	return ProjectSettings.globalize_path(str(ProjectSettings.get_setting(FOLDER)))


## Returns the report in what the program printed, or an empty dictionary.
static func parse(printed: String) -> Dictionary:
	var report: Variant = JSON.parse_string(printed.substr(maxi(printed.find("{"), 0)))
	return report if report is Dictionary else {}


static func may_play(code: int) -> bool:
	return not STOPPING.has(code)


## Says in one line what happened.
static func sentence(result: Dictionary) -> String:
	var code: int = result["exit"]
	if code == -1 or code == 127:
		return NOT_FOUND
	var report: Dictionary = result["report"]
	var said: String = MEANING.get(code, "Ended with %d." % code)
	if not report.has("totals"):
		return said
	var totals: Dictionary = report["totals"]
	return "%s %d clips, %d to make, %d failed, %d credits." % [
		said, totals["clips"], totals["buy"] + totals["reuse"] + totals["resume"],
		totals["failed"], totals["credits_charged"],
	]


## Returns a row for each clip: source, clip, state, grade, credits, and what went wrong.
static func rows(result: Dictionary) -> Array:
	var found := []
	for step: Dictionary in result["report"].get("steps", []):
		found.append([
			str(step["source"]), str(step["clip"]), str(step.get("state", step["step"])),
			"" if step.get("grade") == null else str(int(step["grade"])),
			str(int(step["credits"])),
			str(step["reason"] if step.get("error") == null else step["error"]),
		])
	return found


## Returns the files that a build wrote, as Godot names them.
static func written(result: Dictionary) -> PackedStringArray:
	var found := PackedStringArray()
	for step: Dictionary in result["report"].get("steps", []):
		if step.get("state") == "done":
			for path: String in step.get("files", []):
				var place := ProjectSettings.localize_path(folder().path_join(path))
				if not found.has(place):
					found.append(place)
	return found
