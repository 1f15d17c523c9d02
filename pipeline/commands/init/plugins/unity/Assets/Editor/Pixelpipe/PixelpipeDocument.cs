// pixelpipe plugin version 2
using System;
using System.Collections.Generic;
using System.IO;
using UnityEngine;

namespace Pixelpipe
{
    /// The JSON of target `unity`, as far as Unity needs it. JsonUtility fills the fields.
    [Serializable]
    public class Document
    {
        [Serializable] public class Box { public int x, y, w, h; }
        [Serializable] public class Cell { public Box frame; public int duration; }
        [Serializable] public class Point { public int x, y; }
        [Serializable] public class Key { public Box bounds; public Point pivot; }
        [Serializable] public class Slice { public string name; public Key[] keys; }
        [Serializable] public class Size { public int w, h; }

        [Serializable]
        public class Meta
        {
            public string pngHash;
            public Size size;
            public Tag[] frameTags;
            public Slice[] slices;
        }

        public Cell[] frames;
        public Meta meta;

        /// Returns where a sheet's JSON stands, or null for a picture that is no sheet:
        /// hero.anim.png has hero.anim.unity.json, hero.anim.walk.png has hero.anim.unity.walk.json.
        public static string PathFor(string png)
        {
            int at = png.LastIndexOf(".anim.", StringComparison.Ordinal);
            if (at < 0 || !png.EndsWith(".png", StringComparison.Ordinal)) return null;
            string rest = png.Substring(at + 5, png.Length - at - 5 - 4);
            return png.Substring(0, at) + ".anim.unity" + rest + ".json";
        }

        /// Returns the document of a sheet, or null when there is none.
        public static Document For(string png)
        {
            string path = PathFor(png);
            if (path == null || !File.Exists(path)) return null;
            Document document = JsonUtility.FromJson<Document>(File.ReadAllText(path));
            bool isOurs = document != null && document.frames != null && document.frames.Length > 0
                && document.meta != null && document.meta.frameTags != null;
            return isOurs ? document : null;
        }

        /// Returns the base name of a sheet: hero for art/hero.anim.png.
        public static string NameOf(string png)
        {
            string file = Path.GetFileName(png);
            return file.Substring(0, file.LastIndexOf(".anim.", StringComparison.Ordinal));
        }

        /// Returns a cell as Unity counts: y from the bottom of the sheet.
        public Rect RectOf(int index)
        {
            Box box = frames[index].frame;
            return new Rect(box.x, meta.size.h - box.y - box.h, box.w, box.h);
        }

        /// Returns the pivot as 0..1 from the bottom left of a cell. The slice is found by name,
        /// because JsonUtility makes a missing one 0,0.
        public Vector2 Pivot()
        {
            foreach (Slice slice in meta.slices ?? new Slice[0])
            {
                if (slice.name != "pivot" || slice.keys.Length == 0) continue;
                Key key = slice.keys[0];
                float y = 1f - (float)key.pivot.y / key.bounds.h;
                return new Vector2((float)key.pivot.x / key.bounds.w, y);
            }
            return new Vector2(0.5f, 0f);
        }
    }

    /// One clip: a range of frames, both ends included.
    [Serializable]
    public class Tag
    {
        public string name;
        public int from, to;
        public string direction;
        public string repeat;

        public bool Loops { get { return string.IsNullOrEmpty(repeat) || repeat == "0"; } }

        /// Returns the frames of one round: Unity knows no direction.
        public List<int> Order()
        {
            var forth = new List<int>();
            for (int i = from; i <= to; i++) forth.Add(i);
            if (direction == "reverse" || direction == "pingpong_reverse") forth.Reverse();
            if (direction != "pingpong" && direction != "pingpong_reverse") return forth;
            var order = new List<int>(forth);
            int last = Loops ? 1 : 0;
            for (int i = forth.Count - 2; i >= last; i--) order.Add(forth[i]);
            return order;
        }
    }
}
