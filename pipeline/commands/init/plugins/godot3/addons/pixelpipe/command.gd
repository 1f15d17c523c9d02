tool
extends Reference
# Runs the program and reads its report (`pixelpipe build --json`). For Godot 3.
# pixelpipe plugin version 2

const COMMAND = "pixelpipe/command"
const FOLDER = "pixelpipe/folder"
const BEFORE_PLAY = "pixelpipe/build_before_play"
const DEFAULTS = {COMMAND: "pixelpipe", FOLDER: "res://", BEFORE_PLAY: true}
# Exit codes after which the game cannot be expected to be right: wrong usage, wrong
# configuration, broken storage, a bug.
const STOPPING = [2, 3, 8, 70]
const MEANING = {
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
const NOT_FOUND = "pixelpipe was not found: install it (pip install pixelpipe), or set its path " \
	+ "in Project Settings > pixelpipe > command."


static func define_settings():
	for name in DEFAULTS:
		if not ProjectSettings.has_setting(name):
			ProjectSettings.set_setting(name, DEFAULTS[name])
		ProjectSettings.set_initial_value(name, DEFAULTS[name])


# Returns {"verb", "exit", "report"}; exit is -1 when the program was not found.
static func run(verb):
	var words = str(ProjectSettings.get_setting(COMMAND)).split(" ", false)
	var arguments = []
	for i in range(1, words.size()):
		arguments.append(words[i])
	arguments += [verb, "--json", folder()]
	var output = []
	var code = OS.execute(words[0], arguments, true, output)
	return {"verb": verb, "exit": code, "report": parse(PoolStringArray(output).join(""))}


# Returns the pixelpipe project's folder as the operating system names it.
static func folder():
	return ProjectSettings.globalize_path(str(ProjectSettings.get_setting(FOLDER)))


# Returns the report in what the program printed, or an empty dictionary.
static func parse(printed):
	var at = printed.find("{")
	if at < 0:
		return {}
	var report = JSON.parse(printed.substr(at)).result
	return report if typeof(report) == TYPE_DICTIONARY else {}


static func may_play(code):
	return not STOPPING.has(code)


# Says in one line what happened.
static func sentence(result):
	var code = result["exit"]
	if code == -1 or code == 127:
		return NOT_FOUND
	var said = MEANING[code] if MEANING.has(code) else "Ended with %d." % code
	if not result["report"].has("totals"):
		return said
	var totals = result["report"]["totals"]
	return "%s %d clips, %d to make, %d failed, %d credits." % [
		said, totals["clips"], totals["buy"] + totals["reuse"] + totals["resume"],
		totals["failed"], totals["credits_charged"]
	]


# Returns the steps of the report.
static func steps(result):
	return result["report"]["steps"] if result["report"].has("steps") else []


# Returns a row for each clip: source, clip, state, grade, credits, and what went wrong.
static func rows(result):
	var found = []
	for step in steps(result):
		found.append([
			str(step["source"]), str(step["clip"]), str(step["state"]),
			"" if step["grade"] == null else str(int(step["grade"])),
			str(int(step["credits"])),
			str(step["reason"] if step["error"] == null else step["error"])
		])
	return found


# Returns the files that a build wrote, as Godot names them.
static func written(result):
	var found = []
	for step in steps(result):
		if step["state"] == "done":
			for path in step["files"]:
				var place = ProjectSettings.localize_path(folder().plus_file(path))
				if not found.has(place):
					found.append(place)
	return found
