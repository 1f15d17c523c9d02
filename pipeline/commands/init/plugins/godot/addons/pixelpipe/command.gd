@tool
extends RefCounted
## Runs the program and reads its report (`pixelpipe build --json`).
## pixelpipe plugin version 2

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
	var words := words_of([verb, "--json", folder()])
	var output := []
	var code := OS.execute(words[0], words.slice(1), output)
	return {"verb": verb, "exit": code, "report": parse("".join(PackedStringArray(output)))}


## Does the same, and calls `told` with each line of progress, a dictionary, from another thread.
static func follow(verb: String, told: Callable) -> Dictionary:
	if not OS.has_method("execute_with_pipe"):  # Godot 4.3 and newer
		return run(verb)
	var words := words_of([verb, "--json", "--progress", folder()])
	var pipe: Dictionary = OS.call("execute_with_pipe", words[0], words.slice(1))
	if pipe.is_empty():
		return {"verb": verb, "exit": -1, "report": {}}
	# Both pipes are read at once: the program stops when one of them is full.
	var reader := Thread.new()
	reader.start(_tell.bind(pipe["stderr"], told))
	var printed := _read(pipe["stdio"])
	reader.wait_to_finish()
	while OS.is_process_running(pipe["pid"]):
		OS.delay_msec(10)
	var code := OS.get_process_exit_code(pipe["pid"])
	return {"verb": verb, "exit": code, "report": parse(printed)}


## Returns the program's words, and `others` behind them.
static func words_of(others: Array) -> PackedStringArray:
	var words: PackedStringArray = str(ProjectSettings.get_setting(COMMAND)).split(" ", false)
	words.append_array(PackedStringArray(others))
	return words


static func _read(stream: FileAccess) -> String:
	var printed := PackedByteArray()
	while true:
		var part := stream.get_buffer(65536)
		if part.is_empty():
			return printed.get_string_from_utf8()
		printed.append_array(part)
	return ""


static func _tell(stream: FileAccess, told: Callable) -> void:
	while true:
		var line := stream.get_line()
		if line.begins_with("{"):
			told.call(parse(line))
		elif line.is_empty() and stream.get_error() != OK:
			return


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
	var make: int = totals["buy"] + totals["reuse"] + totals["resume"]
	if result["verb"] == "plan":
		return "%s %d clips, %d to make, for %d credits." % [
			said, totals["clips"], make, totals["credits_planned"],
		]
	var made := 0
	for step: Dictionary in report["steps"]:
		made += int(step["state"] == "done")
	return "%s %d clips, %d made, %d failed, %d credits." % [
		said, totals["clips"], made, totals["failed"], totals["credits_charged"],
	]


## Returns how many clips a plan would make.
static func work(result: Dictionary) -> int:
	var totals: Dictionary = result["report"].get("totals", {})
	return int(totals.get("buy", 0)) + int(totals.get("reuse", 0)) + int(totals.get("resume", 0))


## Returns when pixelpipe last published something, as `watch` does; 0 for never.
static func published() -> int:
	var lock := folder().path_join("pixelpipe.lock")
	return FileAccess.get_modified_time(lock) if FileAccess.file_exists(lock) else 0


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


## Returns the digest of each file that the lock file lists, by its path as Godot names it.
static func outputs() -> Dictionary:
	var found := {}
	var lock := folder().path_join("pixelpipe.lock")
	if not FileAccess.file_exists(lock):
		return found
	for line in FileAccess.get_file_as_string(lock).split("\n", false):
		var entry := parse(line)
		if entry.has("path"):
			var path := ProjectSettings.localize_path(folder().path_join(str(entry["path"])))
			found[path] = entry["digest"]
	return found
