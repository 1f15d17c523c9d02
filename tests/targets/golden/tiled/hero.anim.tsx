<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.8" tiledversion="1.8.2" name="hero" tilewidth="16" tileheight="24" spacing="0" tilecount="8" columns="4">
 <properties>
  <property name="pngHash" value="41a05d147bb8ab0fbd54403108b671e364f40b48496f57f38ac24cac9895a3ab"/>
 </properties>
 <image source="hero.anim.png" width="64" height="48"/>
 <tile id="0" type="walk">
  <properties>
   <property name="loop" type="bool" value="true"/>
  </properties>
  <animation>
   <frame tileid="0" duration="125"/>
   <frame tileid="1" duration="125"/>
   <frame tileid="2" duration="125"/>
   <frame tileid="3" duration="125"/>
  </animation>
 </tile>
 <tile id="4" type="jump">
  <properties>
   <property name="loop" type="bool" value="false"/>
  </properties>
  <animation>
   <frame tileid="4" duration="125"/>
   <frame tileid="5" duration="250"/>
   <frame tileid="6" duration="125"/>
   <frame tileid="7" duration="125"/>
  </animation>
 </tile>
</tileset>
