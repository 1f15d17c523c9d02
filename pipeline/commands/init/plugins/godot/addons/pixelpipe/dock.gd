@tool
extends VBoxContainer
## Lists clips with state, grade and price: as planned, then as each is made, then as reported.
## pixelpipe plugin version 2

signal wanted(verb: String)

const Command := preload("command.gd")
const TITLES := ["Sprite", "Clip", "State", "Grade", "Credits"]

var status := Label.new()
var progress := ProgressBar.new()
var tree := Tree.new()
var buttons: Array[Button] = []


func _init() -> void:
	var bar := HBoxContainer.new()
	for verb: String in ["build", "plan"]:
		var button := Button.new()
		button.text = verb.capitalize()
		button.pressed.connect(func() -> void: wanted.emit(verb))
		bar.add_child(button)
		buttons.append(button)
	add_child(bar)
	status.text = "No report yet."
	status.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	add_child(status)
	progress.visible = false
	progress.step = 1.0
	add_child(progress)
	tree.columns = TITLES.size()
	tree.column_titles_visible = true
	tree.hide_root = true
	tree.size_flags_vertical = Control.SIZE_EXPAND_FILL
	for i in TITLES.size():
		tree.set_column_title(i, TITLES[i])
	add_child(tree)


func show_busy(verb: String) -> void:
	status.text = "Running pixelpipe %s …" % verb
	for button in buttons:
		button.disabled = true


## Shows what a build is about to do.
func show_plan(result: Dictionary) -> void:
	progress.max_value = maxi(Command.work(result), 1)
	progress.value = 0
	progress.visible = Command.work(result) > 0
	_list(result)


## Shows one line of progress: a clip that has ended. (The others are about jobs.)
func show_news(news: Dictionary) -> void:
	var item := _find(str(news.get("source", "")), str(news.get("clip", "")))
	if item == null or news["state"] == "fresh":
		return
	item.set_text(2, str(news["state"]))
	item.set_text(3, "" if news["grade"] == null else str(int(news["grade"])))
	item.set_text(4, str(int(news["credits"])))
	progress.value += 1
	status.text = "%d of %d clips: %s" % [progress.value, progress.max_value, item.get_text(0)]


func show_result(result: Dictionary) -> void:
	for button in buttons:
		button.disabled = false
	progress.visible = false
	status.text = Command.sentence(result)
	_list(result)


func _find(source: String, clip: String) -> TreeItem:
	var root := tree.get_root()
	for item in root.get_children() if root != null else []:
		if item.get_text(0) == source and item.get_text(1) == clip:
			return item
	return null


func _list(result: Dictionary) -> void:
	tree.clear()
	var root := tree.create_item()
	for row: Array in Command.rows(result):
		var item := tree.create_item(root)
		for i in TITLES.size():
			item.set_text(i, row[i])
			item.set_tooltip_text(i, "%s\n%s" % [row[0], row[5]])
		item.set_text_overrun_behavior(0, TextServer.OVERRUN_TRIM_ELLIPSIS)
