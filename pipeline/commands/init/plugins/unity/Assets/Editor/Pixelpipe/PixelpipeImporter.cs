// pixelpipe plugin version 2
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using UnityEditor;
using UnityEditor.U2D.Sprites;
using UnityEngine;

namespace Pixelpipe
{
    /// Slices sheets with a `.anim.unity.json` beside them, and makes an AnimationClip of each tag.
    /// Needs the package com.unity.2d.sprite (2021.2 or newer).
    public class PixelpipeImporter : AssetPostprocessor
    {
        const float DefaultPixelsPerUnit = 16f;

        /// Raise it to have every sheet imported again.
        public override uint GetVersion() { return 1; }

        void OnPreprocessTexture()
        {
            Document document = Document.For(assetPath);
            if (document == null) return;
            context.DependsOnSourceAsset(Document.PathFor(assetPath));
            var importer = (TextureImporter)assetImporter;
            if (importer.importSettingsMissing) importer.spritePixelsPerUnit = DefaultPixelsPerUnit;
            importer.textureType = TextureImporterType.Sprite;
            importer.spriteImportMode = SpriteImportMode.Multiple;
            importer.filterMode = FilterMode.Point;
            importer.mipmapEnabled = false;
            importer.npotScale = TextureImporterNPOTScale.None;
            importer.textureCompression = TextureImporterCompression.Uncompressed;
            importer.alphaIsTransparency = true;
            Slice(importer, document, Document.NameOf(assetPath));
        }

        static void Slice(TextureImporter importer, Document document, string name)
        {
            var factories = new SpriteDataProviderFactories();
            factories.Init();
            ISpriteEditorDataProvider provider =
                factories.GetSpriteEditorDataProviderFromObject(importer);
            provider.InitSpriteEditorDataProvider();
            // A sprite keeps its id, or every reference to it in scenes and clips would break.
            Dictionary<string, GUID> known =
                provider.GetSpriteRects().ToDictionary(rect => rect.name, rect => rect.spriteID);
            var rects = new List<SpriteRect>();
            for (int i = 0; i < document.frames.Length; i++)
            {
                string own = name + "_" + i;
                GUID id;
                if (!known.TryGetValue(own, out id)) id = IdOf(name + "/" + i);
                rects.Add(new SpriteRect
                {
                    name = own, spriteID = id, rect = document.RectOf(i),
                    alignment = SpriteAlignment.Custom, pivot = document.Pivot()
                });
            }
            provider.SetSpriteRects(rects.ToArray());
            var names = provider.GetDataProvider<ISpriteNameFileIdDataProvider>();
            names.SetNameFileIdPairs(
                rects.Select(rect => new SpriteNameFileIdPair(rect.name, rect.spriteID)));
            provider.Apply();
        }

        /// Returns an id made of a name, never of chance: the same on every machine.
        static GUID IdOf(string name)
        {
            using (MD5 md5 = MD5.Create())
            {
                byte[] hash = md5.ComputeHash(Encoding.UTF8.GetBytes(name));
                return new GUID(string.Concat(hash.Select(value => value.ToString("x2"))));
            }
        }

        static void OnPostprocessAllAssets(
            string[] imported, string[] deleted, string[] moved, string[] movedFrom)
        {
            foreach (string path in imported)
            {
                Document document = Document.For(path);
                if (document == null) continue;
                foreach (Tag tag in document.meta.frameTags) MakeClip(path, document, tag);
            }
        }

        static void MakeClip(string png, Document document, Tag tag)
        {
            string name = Document.NameOf(png) + "_" + tag.name;
            string path = Path.GetDirectoryName(png).Replace('\\', '/') + "/" + name + ".anim";
            // A clip that is there is changed, not replaced: animators refer to its id.
            var clip = AssetDatabase.LoadAssetAtPath<AnimationClip>(path);
            bool isNew = clip == null;
            if (isNew) clip = new AnimationClip { name = name };
            Fill(clip, document, tag, SpritesOf(png));
            if (isNew) AssetDatabase.CreateAsset(clip, path);
            else EditorUtility.SetDirty(clip);
        }

        static Dictionary<string, Sprite> SpritesOf(string png)
        {
            return AssetDatabase.LoadAllAssetsAtPath(png).OfType<Sprite>()
                .ToDictionary(sprite => sprite.name);
        }

        static void Fill(
            AnimationClip clip, Document document, Tag tag, Dictionary<string, Sprite> sprites)
        {
            List<int> order = tag.Order();
            int beat = Mathf.Max(1, order.Min(frame => document.frames[frame].duration));
            string prefix = sprites.Keys.First();
            prefix = prefix.Substring(0, prefix.LastIndexOf('_') + 1);
            var keys = new List<ObjectReferenceKeyframe>();
            int at = 0;
            foreach (int frame in order)
            {
                keys.Add(KeyAt(at, sprites[prefix + frame]));
                at += document.frames[frame].duration;
            }
            // A clip ends one sample after its last key: a longer last frame needs that key again.
            if (document.frames[order[order.Count - 1]].duration > beat)
                keys.Add(KeyAt(at - beat, sprites[prefix + order[order.Count - 1]]));
            clip.frameRate = 1000f / beat;
            AnimationUtility.SetObjectReferenceCurve(
                clip, EditorCurveBinding.PPtrCurve("", typeof(SpriteRenderer), "m_Sprite"),
                keys.ToArray());
            AnimationClipSettings settings = AnimationUtility.GetAnimationClipSettings(clip);
            settings.loopTime = tag.Loops;
            AnimationUtility.SetAnimationClipSettings(clip, settings);
        }

        static ObjectReferenceKeyframe KeyAt(int ms, Sprite sprite)
        {
            return new ObjectReferenceKeyframe { time = ms / 1000f, value = sprite };
        }
    }
}
