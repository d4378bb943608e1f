define void @run(ptr %table, i64 %steps, i64 %rank, ptr %meeting) #0 {
entry:
  %control = alloca i32
  %flushing = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %control)
  %control.now = load i32, ptr %control
  %control.new = or i32 %control.now, 32768
  store i32 %control.new, ptr %flushing
  call void @llvm.x86.sse.ldmxcsr(ptr %flushing)
  %p1 = getelementptr ptr, ptr %table, i64 0
  %status = load ptr, ptr %p1, align 8
  %p2 = getelementptr ptr, ptr %table, i64 1
  %order = load ptr, ptr %p2, align 8
  %p3 = getelementptr ptr, ptr %table, i64 2
  %bounds = load ptr, ptr %p3, align 8
  %p4 = getelementptr ptr, ptr %table, i64 3
  %record = load ptr, ptr %p4, align 8
  %p5 = getelementptr i64, ptr %status, i64 1
  %capacity = load i64, ptr %p5, align 8
  %p6 = getelementptr ptr, ptr %table, i64 4
  %"state/weight" = load ptr, ptr %p6, align 8
  %p7 = getelementptr ptr, ptr %table, i64 5
  %"data/x" = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %table, i64 6
  %"data/delta" = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %table, i64 7
  %"scalar/learning_rate" = load ptr, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %bounds, i64 0
  %v13 = load i64, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %table, i64 8
  %"scratch/x" = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %table, i64 9
  %"scratch/delta" = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %table, i64 10
  %add.0 = load ptr, ptr %p13, align 8
  %p14 = getelementptr ptr, ptr %table, i64 11
  %"scratch/next/weight" = load ptr, ptr %p14, align 8
  %anyturn1 = icmp slt i64 0, %steps
  br i1 %anyturn1, label %turn1, label %after2

turn1:
  %v18 = phi i64 [ 0, %entry ], [ %nextturn1, %after21 ]
  %p15 = getelementptr i64, ptr %bounds, i64 %v18
  %v19 = load i64, ptr %p15, align 8
  %v20 = add i64 %v18, 1
  %p16 = getelementptr i64, ptr %bounds, i64 %v20
  %v21 = load i64, ptr %p16, align 8
  %rows = sub i64 %v21, %v19
  %anyturn3 = icmp slt i64 0, %rows
  br i1 %anyturn3, label %turn3, label %after4

turn3:
  %v23 = phi i64 [ 0, %turn1 ], [ %nextturn3, %after6 ]
  %v24 = add i64 %v19, %v23
  %p17 = getelementptr i64, ptr %order, i64 %v24
  %v25 = load i64, ptr %p17, align 8
  %v26 = mul i64 %v25, 2
  br label %turn5

turn5:
  %v27 = phi i64 [ 0, %turn3 ], [ %nextturn5, %turn5 ]
  %v28 = add i64 %v26, %v27
  %p18 = getelementptr float, ptr %"data/x", i64 %v28
  %v29 = load float, ptr %p18, align 4
  %v30 = mul i64 %capacity, 2
  %v31 = mul i64 %v27, %capacity
  %v32 = add i64 %v31, %v23
  %p19 = getelementptr float, ptr %"scratch/x", i64 %v32
  store float %v29, ptr %p19, align 4
  %nextturn5 = add i64 %v27, 1
  %moreturn5 = icmp slt i64 %nextturn5, 2
  br i1 %moreturn5, label %turn5, label %after6

after6:
  %nextturn3 = add i64 %v23, 1
  %moreturn3 = icmp slt i64 %nextturn3, %rows
  br i1 %moreturn3, label %turn3, label %after4

after4:
  %anyturn7 = icmp slt i64 0, %rows
  br i1 %anyturn7, label %turn7, label %after8

turn7:
  %v33 = phi i64 [ 0, %after4 ], [ %nextturn7, %after10 ]
  %v34 = add i64 %v19, %v33
  %p20 = getelementptr i64, ptr %order, i64 %v34
  %v35 = load i64, ptr %p20, align 8
  %v36 = mul i64 %v35, 8
  br label %turn9

turn9:
  %v37 = phi i64 [ 0, %turn7 ], [ %nextturn9, %turn9 ]
  %v38 = add i64 %v36, %v37
  %p21 = getelementptr float, ptr %"data/delta", i64 %v38
  %v39 = load float, ptr %p21, align 4
  %v40 = mul i64 %capacity, 8
  %v41 = mul i64 %v37, %capacity
  %v42 = add i64 %v41, %v33
  %p22 = getelementptr float, ptr %"scratch/delta", i64 %v42
  store float %v39, ptr %p22, align 4
  %nextturn9 = add i64 %v37, 1
  %moreturn9 = icmp slt i64 %nextturn9, 8
  br i1 %moreturn9, label %turn9, label %after10

after10:
  %nextturn7 = add i64 %v33, 1
  %moreturn7 = icmp slt i64 %nextturn7, %rows
  br i1 %moreturn7, label %turn7, label %after8

after8:
  %p23 = getelementptr i8, ptr %record, i64 %v18
  %v43 = load i8, ptr %p23, align 1
  %v44 = icmp ne i8 %v43, 0
  %v45 = udiv i64 %rows, 8
  %v46 = mul i64 %v45, 8
  %anyturn11 = icmp slt i64 0, %v46
  br i1 %anyturn11, label %turn11, label %after12

turn11:
  %v47 = phi i64 [ 0, %after8 ], [ %nextturn11, %turn11 ]
  %v48 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v68, %turn11 ]
  %v49 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v69, %turn11 ]
  %v50 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v70, %turn11 ]
  %v51 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v71, %turn11 ]
  %v52 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v72, %turn11 ]
  %v53 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v73, %turn11 ]
  %v54 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v74, %turn11 ]
  %v55 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v75, %turn11 ]
  %v56 = mul i64 %capacity, 2
  %p24 = getelementptr float, ptr %"scratch/x", i64 %v47
  %v57 = load <8 x float>, ptr %p24, align 4
  %v58 = add i64 %capacity, %v47
  %p25 = getelementptr float, ptr %"scratch/x", i64 %v58
  %v59 = load <8 x float>, ptr %p25, align 4
  %v60 = mul i64 %capacity, 8
  %p26 = getelementptr float, ptr %"scratch/delta", i64 %v47
  %v61 = load <8 x float>, ptr %p26, align 4
  %p27 = getelementptr float, ptr %"scratch/delta", i64 %v58
  %v62 = load <8 x float>, ptr %p27, align 4
  %v63 = add i64 %v56, %v47
  %p28 = getelementptr float, ptr %"scratch/delta", i64 %v63
  %v64 = load <8 x float>, ptr %p28, align 4
  %v65 = mul i64 %capacity, 3
  %v66 = add i64 %v65, %v47
  %p29 = getelementptr float, ptr %"scratch/delta", i64 %v66
  %v67 = load <8 x float>, ptr %p29, align 4
  %v68 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v61, <8 x float> %v48)
  %v69 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v62, <8 x float> %v49)
  %v70 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v64, <8 x float> %v50)
  %v71 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v67, <8 x float> %v51)
  %v72 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v61, <8 x float> %v52)
  %v73 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v62, <8 x float> %v53)
  %v74 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v64, <8 x float> %v54)
  %v75 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v67, <8 x float> %v55)
  %nextturn11 = add i64 %v47, 8
  %moreturn11 = icmp slt i64 %nextturn11, %v46
  br i1 %moreturn11, label %turn11, label %after12

after12:
  %v76 = phi <8 x float> [ %v68, %turn11 ], [ zeroinitializer, %after8 ]
  %v77 = phi <8 x float> [ %v69, %turn11 ], [ zeroinitializer, %after8 ]
  %v78 = phi <8 x float> [ %v70, %turn11 ], [ zeroinitializer, %after8 ]
  %v79 = phi <8 x float> [ %v71, %turn11 ], [ zeroinitializer, %after8 ]
  %v80 = phi <8 x float> [ %v72, %turn11 ], [ zeroinitializer, %after8 ]
  %v81 = phi <8 x float> [ %v73, %turn11 ], [ zeroinitializer, %after8 ]
  %v82 = phi <8 x float> [ %v74, %turn11 ], [ zeroinitializer, %after8 ]
  %v83 = phi <8 x float> [ %v75, %turn11 ], [ zeroinitializer, %after8 ]
  %anyturn13 = icmp slt i64 %v46, %rows
  br i1 %anyturn13, label %turn13, label %after14

turn13:
  %v84 = phi i64 [ %v46, %after12 ], [ %nextturn13, %turn13 ]
  %v85 = phi <8 x float> [ %v76, %after12 ], [ %v114, %turn13 ]
  %v86 = phi <8 x float> [ %v77, %after12 ], [ %v115, %turn13 ]
  %v87 = phi <8 x float> [ %v78, %after12 ], [ %v116, %turn13 ]
  %v88 = phi <8 x float> [ %v79, %after12 ], [ %v117, %turn13 ]
  %v89 = phi <8 x float> [ %v80, %after12 ], [ %v118, %turn13 ]
  %v90 = phi <8 x float> [ %v81, %after12 ], [ %v119, %turn13 ]
  %v91 = phi <8 x float> [ %v82, %after12 ], [ %v120, %turn13 ]
  %v92 = phi <8 x float> [ %v83, %after12 ], [ %v121, %turn13 ]
  %s31 = insertelement <8 x i64> poison, i64 %v84, i64 0
  %s30 = shufflevector <8 x i64> %s31, <8 x i64> poison, <8 x i32> zeroinitializer
  %v93 = add <8 x i64> %s30, <i64 0, i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7>
  %s32 = insertelement <8 x i64> poison, i64 %rows, i64 0
  %v94 = shufflevector <8 x i64> %s32, <8 x i64> poison, <8 x i32> zeroinitializer
  %v95 = icmp slt <8 x i64> %v93, %v94
  %v96 = mul i64 %capacity, 2
  %p33 = getelementptr float, ptr %"scratch/x", i64 %v84
  %v97 = load <8 x float>, ptr %p33, align 4
  %v98 = select <8 x i1> %v95, <8 x float> %v97, <8 x float> zeroinitializer
  %v99 = add i64 %capacity, %v84
  %p34 = getelementptr float, ptr %"scratch/x", i64 %v99
  %v100 = load <8 x float>, ptr %p34, align 4
  %v101 = select <8 x i1> %v95, <8 x float> %v100, <8 x float> zeroinitializer
  %v102 = mul i64 %capacity, 8
  %p35 = getelementptr float, ptr %"scratch/delta", i64 %v84
  %v103 = load <8 x float>, ptr %p35, align 4
  %v104 = select <8 x i1> %v95, <8 x float> %v103, <8 x float> zeroinitializer
  %p36 = getelementptr float, ptr %"scratch/delta", i64 %v99
  %v105 = load <8 x float>, ptr %p36, align 4
  %v106 = select <8 x i1> %v95, <8 x float> %v105, <8 x float> zeroinitializer
  %v107 = add i64 %v96, %v84
  %p37 = getelementptr float, ptr %"scratch/delta", i64 %v107
  %v108 = load <8 x float>, ptr %p37, align 4
  %v109 = select <8 x i1> %v95, <8 x float> %v108, <8 x float> zeroinitializer
  %v110 = mul i64 %capacity, 3
  %v111 = add i64 %v110, %v84
  %p38 = getelementptr float, ptr %"scratch/delta", i64 %v111
  %v112 = load <8 x float>, ptr %p38, align 4
  %v113 = select <8 x i1> %v95, <8 x float> %v112, <8 x float> zeroinitializer
  %v114 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v98, <8 x float> %v104, <8 x float> %v85)
  %v115 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v98, <8 x float> %v106, <8 x float> %v86)
  %v116 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v98, <8 x float> %v109, <8 x float> %v87)
  %v117 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v98, <8 x float> %v113, <8 x float> %v88)
  %v118 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v104, <8 x float> %v89)
  %v119 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v106, <8 x float> %v90)
  %v120 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v109, <8 x float> %v91)
  %v121 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v113, <8 x float> %v92)
  %nextturn13 = add i64 %v84, 8
  %moreturn13 = icmp slt i64 %nextturn13, %rows
  br i1 %moreturn13, label %turn13, label %after14

after14:
  %v122 = phi <8 x float> [ %v114, %turn13 ], [ %v76, %after12 ]
  %v123 = phi <8 x float> [ %v115, %turn13 ], [ %v77, %after12 ]
  %v124 = phi <8 x float> [ %v116, %turn13 ], [ %v78, %after12 ]
  %v125 = phi <8 x float> [ %v117, %turn13 ], [ %v79, %after12 ]
  %v126 = phi <8 x float> [ %v118, %turn13 ], [ %v80, %after12 ]
  %v127 = phi <8 x float> [ %v119, %turn13 ], [ %v81, %after12 ]
  %v128 = phi <8 x float> [ %v120, %turn13 ], [ %v82, %after12 ]
  %v129 = phi <8 x float> [ %v121, %turn13 ], [ %v83, %after12 ]
  %v130 = shufflevector <8 x float> %v122, <8 x float> %v126, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v131 = shufflevector <8 x float> %v122, <8 x float> %v126, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v132 = fadd <8 x float> %v130, %v131
  %v133 = shufflevector <8 x float> %v123, <8 x float> %v127, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v134 = shufflevector <8 x float> %v123, <8 x float> %v127, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v135 = fadd <8 x float> %v133, %v134
  %v136 = shufflevector <8 x float> %v124, <8 x float> %v128, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v137 = shufflevector <8 x float> %v124, <8 x float> %v128, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v138 = fadd <8 x float> %v136, %v137
  %v139 = shufflevector <8 x float> %v125, <8 x float> %v129, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v140 = shufflevector <8 x float> %v125, <8 x float> %v129, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v141 = fadd <8 x float> %v139, %v140
  %v142 = shufflevector <8 x float> %v132, <8 x float> %v138, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v143 = shufflevector <8 x float> %v132, <8 x float> %v138, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v144 = fadd <8 x float> %v142, %v143
  %v145 = shufflevector <8 x float> %v135, <8 x float> %v141, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v146 = shufflevector <8 x float> %v135, <8 x float> %v141, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v147 = fadd <8 x float> %v145, %v146
  %v148 = shufflevector <8 x float> %v144, <8 x float> %v147, <8 x i32> <i32 0, i32 8, i32 2, i32 10, i32 4, i32 12, i32 6, i32 14>
  %v149 = shufflevector <8 x float> %v144, <8 x float> %v147, <8 x i32> <i32 1, i32 9, i32 3, i32 11, i32 5, i32 13, i32 7, i32 15>
  %v150 = fadd <8 x float> %v148, %v149
  %anyturn15 = icmp slt i64 0, %v46
  br i1 %anyturn15, label %turn15, label %after16

turn15:
  %v151 = phi i64 [ 0, %after14 ], [ %nextturn15, %turn15 ]
  %v152 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v177, %turn15 ]
  %v153 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v178, %turn15 ]
  %v154 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v179, %turn15 ]
  %v155 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v180, %turn15 ]
  %v156 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v181, %turn15 ]
  %v157 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v182, %turn15 ]
  %v158 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v183, %turn15 ]
  %v159 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v184, %turn15 ]
  %v160 = mul i64 %capacity, 2
  %p39 = getelementptr float, ptr %"scratch/x", i64 %v151
  %v161 = load <8 x float>, ptr %p39, align 4
  %v162 = add i64 %capacity, %v151
  %p40 = getelementptr float, ptr %"scratch/x", i64 %v162
  %v163 = load <8 x float>, ptr %p40, align 4
  %v164 = mul i64 %capacity, 8
  %v165 = mul i64 %capacity, 4
  %v166 = add i64 %v165, %v151
  %p41 = getelementptr float, ptr %"scratch/delta", i64 %v166
  %v167 = load <8 x float>, ptr %p41, align 4
  %v168 = mul i64 %capacity, 5
  %v169 = add i64 %v168, %v151
  %p42 = getelementptr float, ptr %"scratch/delta", i64 %v169
  %v170 = load <8 x float>, ptr %p42, align 4
  %v171 = mul i64 %capacity, 6
  %v172 = add i64 %v171, %v151
  %p43 = getelementptr float, ptr %"scratch/delta", i64 %v172
  %v173 = load <8 x float>, ptr %p43, align 4
  %v174 = mul i64 %capacity, 7
  %v175 = add i64 %v174, %v151
  %p44 = getelementptr float, ptr %"scratch/delta", i64 %v175
  %v176 = load <8 x float>, ptr %p44, align 4
  %v177 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v161, <8 x float> %v167, <8 x float> %v152)
  %v178 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v161, <8 x float> %v170, <8 x float> %v153)
  %v179 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v161, <8 x float> %v173, <8 x float> %v154)
  %v180 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v161, <8 x float> %v176, <8 x float> %v155)
  %v181 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v163, <8 x float> %v167, <8 x float> %v156)
  %v182 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v163, <8 x float> %v170, <8 x float> %v157)
  %v183 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v163, <8 x float> %v173, <8 x float> %v158)
  %v184 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v163, <8 x float> %v176, <8 x float> %v159)
  %nextturn15 = add i64 %v151, 8
  %moreturn15 = icmp slt i64 %nextturn15, %v46
  br i1 %moreturn15, label %turn15, label %after16

after16:
  %v185 = phi <8 x float> [ %v177, %turn15 ], [ zeroinitializer, %after14 ]
  %v186 = phi <8 x float> [ %v178, %turn15 ], [ zeroinitializer, %after14 ]
  %v187 = phi <8 x float> [ %v179, %turn15 ], [ zeroinitializer, %after14 ]
  %v188 = phi <8 x float> [ %v180, %turn15 ], [ zeroinitializer, %after14 ]
  %v189 = phi <8 x float> [ %v181, %turn15 ], [ zeroinitializer, %after14 ]
  %v190 = phi <8 x float> [ %v182, %turn15 ], [ zeroinitializer, %after14 ]
  %v191 = phi <8 x float> [ %v183, %turn15 ], [ zeroinitializer, %after14 ]
  %v192 = phi <8 x float> [ %v184, %turn15 ], [ zeroinitializer, %after14 ]
  %anyturn17 = icmp slt i64 %v46, %rows
  br i1 %anyturn17, label %turn17, label %after18

turn17:
  %v193 = phi i64 [ %v46, %after16 ], [ %nextturn17, %turn17 ]
  %v194 = phi <8 x float> [ %v185, %after16 ], [ %v228, %turn17 ]
  %v195 = phi <8 x float> [ %v186, %after16 ], [ %v229, %turn17 ]
  %v196 = phi <8 x float> [ %v187, %after16 ], [ %v230, %turn17 ]
  %v197 = phi <8 x float> [ %v188, %after16 ], [ %v231, %turn17 ]
  %v198 = phi <8 x float> [ %v189, %after16 ], [ %v232, %turn17 ]
  %v199 = phi <8 x float> [ %v190, %after16 ], [ %v233, %turn17 ]
  %v200 = phi <8 x float> [ %v191, %after16 ], [ %v234, %turn17 ]
  %v201 = phi <8 x float> [ %v192, %after16 ], [ %v235, %turn17 ]
  %s46 = insertelement <8 x i64> poison, i64 %v193, i64 0
  %s45 = shufflevector <8 x i64> %s46, <8 x i64> poison, <8 x i32> zeroinitializer
  %v202 = add <8 x i64> %s45, <i64 0, i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7>
  %s47 = insertelement <8 x i64> poison, i64 %rows, i64 0
  %v203 = shufflevector <8 x i64> %s47, <8 x i64> poison, <8 x i32> zeroinitializer
  %v204 = icmp slt <8 x i64> %v202, %v203
  %v205 = mul i64 %capacity, 2
  %p48 = getelementptr float, ptr %"scratch/x", i64 %v193
  %v206 = load <8 x float>, ptr %p48, align 4
  %v207 = select <8 x i1> %v204, <8 x float> %v206, <8 x float> zeroinitializer
  %v208 = add i64 %capacity, %v193
  %p49 = getelementptr float, ptr %"scratch/x", i64 %v208
  %v209 = load <8 x float>, ptr %p49, align 4
  %v210 = select <8 x i1> %v204, <8 x float> %v209, <8 x float> zeroinitializer
  %v211 = mul i64 %capacity, 8
  %v212 = mul i64 %capacity, 4
  %v213 = add i64 %v212, %v193
  %p50 = getelementptr float, ptr %"scratch/delta", i64 %v213
  %v214 = load <8 x float>, ptr %p50, align 4
  %v215 = select <8 x i1> %v204, <8 x float> %v214, <8 x float> zeroinitializer
  %v216 = mul i64 %capacity, 5
  %v217 = add i64 %v216, %v193
  %p51 = getelementptr float, ptr %"scratch/delta", i64 %v217
  %v218 = load <8 x float>, ptr %p51, align 4
  %v219 = select <8 x i1> %v204, <8 x float> %v218, <8 x float> zeroinitializer
  %v220 = mul i64 %capacity, 6
  %v221 = add i64 %v220, %v193
  %p52 = getelementptr float, ptr %"scratch/delta", i64 %v221
  %v222 = load <8 x float>, ptr %p52, align 4
  %v223 = select <8 x i1> %v204, <8 x float> %v222, <8 x float> zeroinitializer
  %v224 = mul i64 %capacity, 7
  %v225 = add i64 %v224, %v193
  %p53 = getelementptr float, ptr %"scratch/delta", i64 %v225
  %v226 = load <8 x float>, ptr %p53, align 4
  %v227 = select <8 x i1> %v204, <8 x float> %v226, <8 x float> zeroinitializer
  %v228 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v215, <8 x float> %v194)
  %v229 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v219, <8 x float> %v195)
  %v230 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v223, <8 x float> %v196)
  %v231 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v207, <8 x float> %v227, <8 x float> %v197)
  %v232 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v210, <8 x float> %v215, <8 x float> %v198)
  %v233 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v210, <8 x float> %v219, <8 x float> %v199)
  %v234 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v210, <8 x float> %v223, <8 x float> %v200)
  %v235 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v210, <8 x float> %v227, <8 x float> %v201)
  %nextturn17 = add i64 %v193, 8
  %moreturn17 = icmp slt i64 %nextturn17, %rows
  br i1 %moreturn17, label %turn17, label %after18

after18:
  %v236 = phi <8 x float> [ %v228, %turn17 ], [ %v185, %after16 ]
  %v237 = phi <8 x float> [ %v229, %turn17 ], [ %v186, %after16 ]
  %v238 = phi <8 x float> [ %v230, %turn17 ], [ %v187, %after16 ]
  %v239 = phi <8 x float> [ %v231, %turn17 ], [ %v188, %after16 ]
  %v240 = phi <8 x float> [ %v232, %turn17 ], [ %v189, %after16 ]
  %v241 = phi <8 x float> [ %v233, %turn17 ], [ %v190, %after16 ]
  %v242 = phi <8 x float> [ %v234, %turn17 ], [ %v191, %after16 ]
  %v243 = phi <8 x float> [ %v235, %turn17 ], [ %v192, %after16 ]
  %v244 = shufflevector <8 x float> %v236, <8 x float> %v240, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v245 = shufflevector <8 x float> %v236, <8 x float> %v240, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v246 = fadd <8 x float> %v244, %v245
  %v247 = shufflevector <8 x float> %v237, <8 x float> %v241, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v248 = shufflevector <8 x float> %v237, <8 x float> %v241, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v249 = fadd <8 x float> %v247, %v248
  %v250 = shufflevector <8 x float> %v238, <8 x float> %v242, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v251 = shufflevector <8 x float> %v238, <8 x float> %v242, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v252 = fadd <8 x float> %v250, %v251
  %v253 = shufflevector <8 x float> %v239, <8 x float> %v243, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v254 = shufflevector <8 x float> %v239, <8 x float> %v243, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v255 = fadd <8 x float> %v253, %v254
  %v256 = shufflevector <8 x float> %v246, <8 x float> %v252, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v257 = shufflevector <8 x float> %v246, <8 x float> %v252, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v258 = fadd <8 x float> %v256, %v257
  %v259 = shufflevector <8 x float> %v249, <8 x float> %v255, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v260 = shufflevector <8 x float> %v249, <8 x float> %v255, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v261 = fadd <8 x float> %v259, %v260
  %v262 = shufflevector <8 x float> %v258, <8 x float> %v261, <8 x i32> <i32 0, i32 8, i32 2, i32 10, i32 4, i32 12, i32 6, i32 14>
  %v263 = shufflevector <8 x float> %v258, <8 x float> %v261, <8 x i32> <i32 1, i32 9, i32 3, i32 11, i32 5, i32 13, i32 7, i32 15>
  %v264 = fadd <8 x float> %v262, %v263
  %v265 = shufflevector <8 x float> %v150, <8 x float> %v264, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v266 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v265, <8 x float> zeroinitializer, <8 x float> zeroinitializer)
  %p54 = getelementptr float, ptr %"scalar/learning_rate", i64 %v18
  %v267 = load float, ptr %p54, align 4
  %s55 = insertelement <8 x float> poison, float %v267, i64 0
  %v268 = shufflevector <8 x float> %s55, <8 x float> poison, <8 x i32> zeroinitializer
  %v269 = fmul <8 x float> %v268, %v265
  %v270 = fneg <8 x float> %v269
  %p56 = getelementptr float, ptr %"state/weight", i64 0
  %v271 = load <8 x float>, ptr %p56, align 4
  %v272 = fadd <8 x float> %v271, %v270
  %p57 = getelementptr float, ptr %"state/weight", i64 0
  store <8 x float> %v272, ptr %p57, align 4
  %v273 = shufflevector <8 x float> %v150, <8 x float> %v264, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v274 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v273, <8 x float> zeroinitializer, <8 x float> %v266)
  %p58 = getelementptr float, ptr %"scalar/learning_rate", i64 %v18
  %v275 = load float, ptr %p58, align 4
  %s59 = insertelement <8 x float> poison, float %v275, i64 0
  %v276 = shufflevector <8 x float> %s59, <8 x float> poison, <8 x i32> zeroinitializer
  %v277 = fmul <8 x float> %v276, %v273
  %v278 = fneg <8 x float> %v277
  %p60 = getelementptr float, ptr %"state/weight", i64 8
  %v279 = load <8 x float>, ptr %p60, align 4
  %v280 = fadd <8 x float> %v279, %v278
  %p61 = getelementptr float, ptr %"state/weight", i64 8
  store <8 x float> %v280, ptr %p61, align 4
  %v281 = fcmp uno <8 x float> %v274, %v274
  %v282 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v281)
  br i1 %v282, label %then19, label %after20

then19:
  %p62 = getelementptr i64, ptr %status, i64 0
  %a62 = atomicrmw min ptr %p62, i64 %v18 monotonic
  br label %after20

after20:
  %p63 = getelementptr i64, ptr %status, i64 0
  %v283 = load i64, ptr %p63, align 8
  %v284 = icmp sle i64 %v283, %v18
  br i1 %v284, label %leave, label %after21

after21:
  %v285 = sub i64 %v19, %v13
  %nextturn1 = add i64 %v18, 1
  %moreturn1 = icmp slt i64 %nextturn1, %steps
  br i1 %moreturn1, label %turn1, label %after2

after2:
  br label %leave

leave:
  call void @llvm.x86.sse.ldmxcsr(ptr %control)
  ret void
}
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare i1 @llvm.vector.reduce.or.v8i1(<8 x i1>)
attributes #0 = { nounwind }
