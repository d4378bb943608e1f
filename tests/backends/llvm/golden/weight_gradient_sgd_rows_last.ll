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
  %v30 = mul i64 %v27, %capacity
  %v31 = add i64 %v30, %v23
  %p19 = getelementptr float, ptr %"scratch/x", i64 %v31
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
  %v32 = phi i64 [ 0, %after4 ], [ %nextturn7, %after10 ]
  %v33 = add i64 %v19, %v32
  %p20 = getelementptr i64, ptr %order, i64 %v33
  %v34 = load i64, ptr %p20, align 8
  %v35 = mul i64 %v34, 8
  br label %turn9

turn9:
  %v36 = phi i64 [ 0, %turn7 ], [ %nextturn9, %turn9 ]
  %v37 = add i64 %v35, %v36
  %p21 = getelementptr float, ptr %"data/delta", i64 %v37
  %v38 = load float, ptr %p21, align 4
  %v39 = mul i64 %v36, %capacity
  %v40 = add i64 %v39, %v32
  %p22 = getelementptr float, ptr %"scratch/delta", i64 %v40
  store float %v38, ptr %p22, align 4
  %nextturn9 = add i64 %v36, 1
  %moreturn9 = icmp slt i64 %nextturn9, 8
  br i1 %moreturn9, label %turn9, label %after10

after10:
  %nextturn7 = add i64 %v32, 1
  %moreturn7 = icmp slt i64 %nextturn7, %rows
  br i1 %moreturn7, label %turn7, label %after8

after8:
  %p23 = getelementptr i8, ptr %record, i64 %v18
  %v41 = load i8, ptr %p23, align 1
  %v42 = icmp ne i8 %v41, 0
  %v43 = udiv i64 %rows, 8
  %v44 = mul i64 %v43, 8
  %anyturn11 = icmp slt i64 0, %v44
  br i1 %anyturn11, label %turn11, label %after12

turn11:
  %v45 = phi i64 [ 0, %after8 ], [ %nextturn11, %turn11 ]
  %v46 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v65, %turn11 ]
  %v47 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v66, %turn11 ]
  %v48 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v67, %turn11 ]
  %v49 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v68, %turn11 ]
  %v50 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v69, %turn11 ]
  %v51 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v70, %turn11 ]
  %v52 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v71, %turn11 ]
  %v53 = phi <8 x float> [ zeroinitializer, %after8 ], [ %v72, %turn11 ]
  %p24 = getelementptr float, ptr %"scratch/x", i64 %v45
  %v54 = load <8 x float>, ptr %p24, align 4
  %v55 = add i64 %capacity, %v45
  %p25 = getelementptr float, ptr %"scratch/x", i64 %v55
  %v56 = load <8 x float>, ptr %p25, align 4
  %p26 = getelementptr float, ptr %"scratch/delta", i64 %v45
  %v57 = load <8 x float>, ptr %p26, align 4
  %p27 = getelementptr float, ptr %"scratch/delta", i64 %v55
  %v58 = load <8 x float>, ptr %p27, align 4
  %v59 = mul i64 %capacity, 2
  %v60 = add i64 %v59, %v45
  %p28 = getelementptr float, ptr %"scratch/delta", i64 %v60
  %v61 = load <8 x float>, ptr %p28, align 4
  %v62 = mul i64 %capacity, 3
  %v63 = add i64 %v62, %v45
  %p29 = getelementptr float, ptr %"scratch/delta", i64 %v63
  %v64 = load <8 x float>, ptr %p29, align 4
  %v65 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v54, <8 x float> %v57, <8 x float> %v46)
  %v66 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v54, <8 x float> %v58, <8 x float> %v47)
  %v67 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v54, <8 x float> %v61, <8 x float> %v48)
  %v68 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v54, <8 x float> %v64, <8 x float> %v49)
  %v69 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v56, <8 x float> %v57, <8 x float> %v50)
  %v70 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v56, <8 x float> %v58, <8 x float> %v51)
  %v71 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v56, <8 x float> %v61, <8 x float> %v52)
  %v72 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v56, <8 x float> %v64, <8 x float> %v53)
  %nextturn11 = add i64 %v45, 8
  %moreturn11 = icmp slt i64 %nextturn11, %v44
  br i1 %moreturn11, label %turn11, label %after12

after12:
  %v73 = phi <8 x float> [ %v65, %turn11 ], [ zeroinitializer, %after8 ]
  %v74 = phi <8 x float> [ %v66, %turn11 ], [ zeroinitializer, %after8 ]
  %v75 = phi <8 x float> [ %v67, %turn11 ], [ zeroinitializer, %after8 ]
  %v76 = phi <8 x float> [ %v68, %turn11 ], [ zeroinitializer, %after8 ]
  %v77 = phi <8 x float> [ %v69, %turn11 ], [ zeroinitializer, %after8 ]
  %v78 = phi <8 x float> [ %v70, %turn11 ], [ zeroinitializer, %after8 ]
  %v79 = phi <8 x float> [ %v71, %turn11 ], [ zeroinitializer, %after8 ]
  %v80 = phi <8 x float> [ %v72, %turn11 ], [ zeroinitializer, %after8 ]
  %anyturn13 = icmp slt i64 %v44, %rows
  br i1 %anyturn13, label %turn13, label %after14

turn13:
  %v81 = phi i64 [ %v44, %after12 ], [ %nextturn13, %turn13 ]
  %v82 = phi <8 x float> [ %v73, %after12 ], [ %v110, %turn13 ]
  %v83 = phi <8 x float> [ %v74, %after12 ], [ %v111, %turn13 ]
  %v84 = phi <8 x float> [ %v75, %after12 ], [ %v112, %turn13 ]
  %v85 = phi <8 x float> [ %v76, %after12 ], [ %v113, %turn13 ]
  %v86 = phi <8 x float> [ %v77, %after12 ], [ %v114, %turn13 ]
  %v87 = phi <8 x float> [ %v78, %after12 ], [ %v115, %turn13 ]
  %v88 = phi <8 x float> [ %v79, %after12 ], [ %v116, %turn13 ]
  %v89 = phi <8 x float> [ %v80, %after12 ], [ %v117, %turn13 ]
  %s31 = insertelement <8 x i64> poison, i64 %v81, i64 0
  %s30 = shufflevector <8 x i64> %s31, <8 x i64> poison, <8 x i32> zeroinitializer
  %v90 = add <8 x i64> %s30, <i64 0, i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7>
  %s32 = insertelement <8 x i64> poison, i64 %rows, i64 0
  %v91 = shufflevector <8 x i64> %s32, <8 x i64> poison, <8 x i32> zeroinitializer
  %v92 = icmp slt <8 x i64> %v90, %v91
  %p33 = getelementptr float, ptr %"scratch/x", i64 %v81
  %v93 = load <8 x float>, ptr %p33, align 4
  %v94 = select <8 x i1> %v92, <8 x float> %v93, <8 x float> zeroinitializer
  %v95 = add i64 %capacity, %v81
  %p34 = getelementptr float, ptr %"scratch/x", i64 %v95
  %v96 = load <8 x float>, ptr %p34, align 4
  %v97 = select <8 x i1> %v92, <8 x float> %v96, <8 x float> zeroinitializer
  %p35 = getelementptr float, ptr %"scratch/delta", i64 %v81
  %v98 = load <8 x float>, ptr %p35, align 4
  %v99 = select <8 x i1> %v92, <8 x float> %v98, <8 x float> zeroinitializer
  %p36 = getelementptr float, ptr %"scratch/delta", i64 %v95
  %v100 = load <8 x float>, ptr %p36, align 4
  %v101 = select <8 x i1> %v92, <8 x float> %v100, <8 x float> zeroinitializer
  %v102 = mul i64 %capacity, 2
  %v103 = add i64 %v102, %v81
  %p37 = getelementptr float, ptr %"scratch/delta", i64 %v103
  %v104 = load <8 x float>, ptr %p37, align 4
  %v105 = select <8 x i1> %v92, <8 x float> %v104, <8 x float> zeroinitializer
  %v106 = mul i64 %capacity, 3
  %v107 = add i64 %v106, %v81
  %p38 = getelementptr float, ptr %"scratch/delta", i64 %v107
  %v108 = load <8 x float>, ptr %p38, align 4
  %v109 = select <8 x i1> %v92, <8 x float> %v108, <8 x float> zeroinitializer
  %v110 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v94, <8 x float> %v99, <8 x float> %v82)
  %v111 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v94, <8 x float> %v101, <8 x float> %v83)
  %v112 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v94, <8 x float> %v105, <8 x float> %v84)
  %v113 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v94, <8 x float> %v109, <8 x float> %v85)
  %v114 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v97, <8 x float> %v99, <8 x float> %v86)
  %v115 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v97, <8 x float> %v101, <8 x float> %v87)
  %v116 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v97, <8 x float> %v105, <8 x float> %v88)
  %v117 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v97, <8 x float> %v109, <8 x float> %v89)
  %nextturn13 = add i64 %v81, 8
  %moreturn13 = icmp slt i64 %nextturn13, %rows
  br i1 %moreturn13, label %turn13, label %after14

after14:
  %v118 = phi <8 x float> [ %v110, %turn13 ], [ %v73, %after12 ]
  %v119 = phi <8 x float> [ %v111, %turn13 ], [ %v74, %after12 ]
  %v120 = phi <8 x float> [ %v112, %turn13 ], [ %v75, %after12 ]
  %v121 = phi <8 x float> [ %v113, %turn13 ], [ %v76, %after12 ]
  %v122 = phi <8 x float> [ %v114, %turn13 ], [ %v77, %after12 ]
  %v123 = phi <8 x float> [ %v115, %turn13 ], [ %v78, %after12 ]
  %v124 = phi <8 x float> [ %v116, %turn13 ], [ %v79, %after12 ]
  %v125 = phi <8 x float> [ %v117, %turn13 ], [ %v80, %after12 ]
  %v126 = shufflevector <8 x float> %v118, <8 x float> %v122, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v127 = shufflevector <8 x float> %v118, <8 x float> %v122, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v128 = fadd <8 x float> %v126, %v127
  %v129 = shufflevector <8 x float> %v119, <8 x float> %v123, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v130 = shufflevector <8 x float> %v119, <8 x float> %v123, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v131 = fadd <8 x float> %v129, %v130
  %v132 = shufflevector <8 x float> %v120, <8 x float> %v124, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v133 = shufflevector <8 x float> %v120, <8 x float> %v124, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v134 = fadd <8 x float> %v132, %v133
  %v135 = shufflevector <8 x float> %v121, <8 x float> %v125, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v136 = shufflevector <8 x float> %v121, <8 x float> %v125, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v137 = fadd <8 x float> %v135, %v136
  %v138 = shufflevector <8 x float> %v128, <8 x float> %v134, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v139 = shufflevector <8 x float> %v128, <8 x float> %v134, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v140 = fadd <8 x float> %v138, %v139
  %v141 = shufflevector <8 x float> %v131, <8 x float> %v137, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v142 = shufflevector <8 x float> %v131, <8 x float> %v137, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v143 = fadd <8 x float> %v141, %v142
  %v144 = shufflevector <8 x float> %v140, <8 x float> %v143, <8 x i32> <i32 0, i32 8, i32 2, i32 10, i32 4, i32 12, i32 6, i32 14>
  %v145 = shufflevector <8 x float> %v140, <8 x float> %v143, <8 x i32> <i32 1, i32 9, i32 3, i32 11, i32 5, i32 13, i32 7, i32 15>
  %v146 = fadd <8 x float> %v144, %v145
  %anyturn15 = icmp slt i64 0, %v44
  br i1 %anyturn15, label %turn15, label %after16

turn15:
  %v147 = phi i64 [ 0, %after14 ], [ %nextturn15, %turn15 ]
  %v148 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v171, %turn15 ]
  %v149 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v172, %turn15 ]
  %v150 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v173, %turn15 ]
  %v151 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v174, %turn15 ]
  %v152 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v175, %turn15 ]
  %v153 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v176, %turn15 ]
  %v154 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v177, %turn15 ]
  %v155 = phi <8 x float> [ zeroinitializer, %after14 ], [ %v178, %turn15 ]
  %p39 = getelementptr float, ptr %"scratch/x", i64 %v147
  %v156 = load <8 x float>, ptr %p39, align 4
  %v157 = add i64 %capacity, %v147
  %p40 = getelementptr float, ptr %"scratch/x", i64 %v157
  %v158 = load <8 x float>, ptr %p40, align 4
  %v159 = mul i64 %capacity, 4
  %v160 = add i64 %v159, %v147
  %p41 = getelementptr float, ptr %"scratch/delta", i64 %v160
  %v161 = load <8 x float>, ptr %p41, align 4
  %v162 = mul i64 %capacity, 5
  %v163 = add i64 %v162, %v147
  %p42 = getelementptr float, ptr %"scratch/delta", i64 %v163
  %v164 = load <8 x float>, ptr %p42, align 4
  %v165 = mul i64 %capacity, 6
  %v166 = add i64 %v165, %v147
  %p43 = getelementptr float, ptr %"scratch/delta", i64 %v166
  %v167 = load <8 x float>, ptr %p43, align 4
  %v168 = mul i64 %capacity, 7
  %v169 = add i64 %v168, %v147
  %p44 = getelementptr float, ptr %"scratch/delta", i64 %v169
  %v170 = load <8 x float>, ptr %p44, align 4
  %v171 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v156, <8 x float> %v161, <8 x float> %v148)
  %v172 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v156, <8 x float> %v164, <8 x float> %v149)
  %v173 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v156, <8 x float> %v167, <8 x float> %v150)
  %v174 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v156, <8 x float> %v170, <8 x float> %v151)
  %v175 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v158, <8 x float> %v161, <8 x float> %v152)
  %v176 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v158, <8 x float> %v164, <8 x float> %v153)
  %v177 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v158, <8 x float> %v167, <8 x float> %v154)
  %v178 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v158, <8 x float> %v170, <8 x float> %v155)
  %nextturn15 = add i64 %v147, 8
  %moreturn15 = icmp slt i64 %nextturn15, %v44
  br i1 %moreturn15, label %turn15, label %after16

after16:
  %v179 = phi <8 x float> [ %v171, %turn15 ], [ zeroinitializer, %after14 ]
  %v180 = phi <8 x float> [ %v172, %turn15 ], [ zeroinitializer, %after14 ]
  %v181 = phi <8 x float> [ %v173, %turn15 ], [ zeroinitializer, %after14 ]
  %v182 = phi <8 x float> [ %v174, %turn15 ], [ zeroinitializer, %after14 ]
  %v183 = phi <8 x float> [ %v175, %turn15 ], [ zeroinitializer, %after14 ]
  %v184 = phi <8 x float> [ %v176, %turn15 ], [ zeroinitializer, %after14 ]
  %v185 = phi <8 x float> [ %v177, %turn15 ], [ zeroinitializer, %after14 ]
  %v186 = phi <8 x float> [ %v178, %turn15 ], [ zeroinitializer, %after14 ]
  %anyturn17 = icmp slt i64 %v44, %rows
  br i1 %anyturn17, label %turn17, label %after18

turn17:
  %v187 = phi i64 [ %v44, %after16 ], [ %nextturn17, %turn17 ]
  %v188 = phi <8 x float> [ %v179, %after16 ], [ %v220, %turn17 ]
  %v189 = phi <8 x float> [ %v180, %after16 ], [ %v221, %turn17 ]
  %v190 = phi <8 x float> [ %v181, %after16 ], [ %v222, %turn17 ]
  %v191 = phi <8 x float> [ %v182, %after16 ], [ %v223, %turn17 ]
  %v192 = phi <8 x float> [ %v183, %after16 ], [ %v224, %turn17 ]
  %v193 = phi <8 x float> [ %v184, %after16 ], [ %v225, %turn17 ]
  %v194 = phi <8 x float> [ %v185, %after16 ], [ %v226, %turn17 ]
  %v195 = phi <8 x float> [ %v186, %after16 ], [ %v227, %turn17 ]
  %s46 = insertelement <8 x i64> poison, i64 %v187, i64 0
  %s45 = shufflevector <8 x i64> %s46, <8 x i64> poison, <8 x i32> zeroinitializer
  %v196 = add <8 x i64> %s45, <i64 0, i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7>
  %s47 = insertelement <8 x i64> poison, i64 %rows, i64 0
  %v197 = shufflevector <8 x i64> %s47, <8 x i64> poison, <8 x i32> zeroinitializer
  %v198 = icmp slt <8 x i64> %v196, %v197
  %p48 = getelementptr float, ptr %"scratch/x", i64 %v187
  %v199 = load <8 x float>, ptr %p48, align 4
  %v200 = select <8 x i1> %v198, <8 x float> %v199, <8 x float> zeroinitializer
  %v201 = add i64 %capacity, %v187
  %p49 = getelementptr float, ptr %"scratch/x", i64 %v201
  %v202 = load <8 x float>, ptr %p49, align 4
  %v203 = select <8 x i1> %v198, <8 x float> %v202, <8 x float> zeroinitializer
  %v204 = mul i64 %capacity, 4
  %v205 = add i64 %v204, %v187
  %p50 = getelementptr float, ptr %"scratch/delta", i64 %v205
  %v206 = load <8 x float>, ptr %p50, align 4
  %v207 = select <8 x i1> %v198, <8 x float> %v206, <8 x float> zeroinitializer
  %v208 = mul i64 %capacity, 5
  %v209 = add i64 %v208, %v187
  %p51 = getelementptr float, ptr %"scratch/delta", i64 %v209
  %v210 = load <8 x float>, ptr %p51, align 4
  %v211 = select <8 x i1> %v198, <8 x float> %v210, <8 x float> zeroinitializer
  %v212 = mul i64 %capacity, 6
  %v213 = add i64 %v212, %v187
  %p52 = getelementptr float, ptr %"scratch/delta", i64 %v213
  %v214 = load <8 x float>, ptr %p52, align 4
  %v215 = select <8 x i1> %v198, <8 x float> %v214, <8 x float> zeroinitializer
  %v216 = mul i64 %capacity, 7
  %v217 = add i64 %v216, %v187
  %p53 = getelementptr float, ptr %"scratch/delta", i64 %v217
  %v218 = load <8 x float>, ptr %p53, align 4
  %v219 = select <8 x i1> %v198, <8 x float> %v218, <8 x float> zeroinitializer
  %v220 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v200, <8 x float> %v207, <8 x float> %v188)
  %v221 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v200, <8 x float> %v211, <8 x float> %v189)
  %v222 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v200, <8 x float> %v215, <8 x float> %v190)
  %v223 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v200, <8 x float> %v219, <8 x float> %v191)
  %v224 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v203, <8 x float> %v207, <8 x float> %v192)
  %v225 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v203, <8 x float> %v211, <8 x float> %v193)
  %v226 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v203, <8 x float> %v215, <8 x float> %v194)
  %v227 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v203, <8 x float> %v219, <8 x float> %v195)
  %nextturn17 = add i64 %v187, 8
  %moreturn17 = icmp slt i64 %nextturn17, %rows
  br i1 %moreturn17, label %turn17, label %after18

after18:
  %v228 = phi <8 x float> [ %v220, %turn17 ], [ %v179, %after16 ]
  %v229 = phi <8 x float> [ %v221, %turn17 ], [ %v180, %after16 ]
  %v230 = phi <8 x float> [ %v222, %turn17 ], [ %v181, %after16 ]
  %v231 = phi <8 x float> [ %v223, %turn17 ], [ %v182, %after16 ]
  %v232 = phi <8 x float> [ %v224, %turn17 ], [ %v183, %after16 ]
  %v233 = phi <8 x float> [ %v225, %turn17 ], [ %v184, %after16 ]
  %v234 = phi <8 x float> [ %v226, %turn17 ], [ %v185, %after16 ]
  %v235 = phi <8 x float> [ %v227, %turn17 ], [ %v186, %after16 ]
  %v236 = shufflevector <8 x float> %v228, <8 x float> %v232, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v237 = shufflevector <8 x float> %v228, <8 x float> %v232, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v238 = fadd <8 x float> %v236, %v237
  %v239 = shufflevector <8 x float> %v229, <8 x float> %v233, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v240 = shufflevector <8 x float> %v229, <8 x float> %v233, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v241 = fadd <8 x float> %v239, %v240
  %v242 = shufflevector <8 x float> %v230, <8 x float> %v234, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v243 = shufflevector <8 x float> %v230, <8 x float> %v234, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v244 = fadd <8 x float> %v242, %v243
  %v245 = shufflevector <8 x float> %v231, <8 x float> %v235, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v246 = shufflevector <8 x float> %v231, <8 x float> %v235, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v247 = fadd <8 x float> %v245, %v246
  %v248 = shufflevector <8 x float> %v238, <8 x float> %v244, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v249 = shufflevector <8 x float> %v238, <8 x float> %v244, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v250 = fadd <8 x float> %v248, %v249
  %v251 = shufflevector <8 x float> %v241, <8 x float> %v247, <8 x i32> <i32 0, i32 1, i32 8, i32 9, i32 4, i32 5, i32 12, i32 13>
  %v252 = shufflevector <8 x float> %v241, <8 x float> %v247, <8 x i32> <i32 2, i32 3, i32 10, i32 11, i32 6, i32 7, i32 14, i32 15>
  %v253 = fadd <8 x float> %v251, %v252
  %v254 = shufflevector <8 x float> %v250, <8 x float> %v253, <8 x i32> <i32 0, i32 8, i32 2, i32 10, i32 4, i32 12, i32 6, i32 14>
  %v255 = shufflevector <8 x float> %v250, <8 x float> %v253, <8 x i32> <i32 1, i32 9, i32 3, i32 11, i32 5, i32 13, i32 7, i32 15>
  %v256 = fadd <8 x float> %v254, %v255
  %v257 = shufflevector <8 x float> %v146, <8 x float> %v256, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 8, i32 9, i32 10, i32 11>
  %v258 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v257, <8 x float> zeroinitializer, <8 x float> zeroinitializer)
  %p54 = getelementptr float, ptr %"scalar/learning_rate", i64 %v18
  %v259 = load float, ptr %p54, align 4
  %s55 = insertelement <8 x float> poison, float %v259, i64 0
  %v260 = shufflevector <8 x float> %s55, <8 x float> poison, <8 x i32> zeroinitializer
  %v261 = fmul <8 x float> %v260, %v257
  %v262 = fneg <8 x float> %v261
  %p56 = getelementptr float, ptr %"state/weight", i64 0
  %v263 = load <8 x float>, ptr %p56, align 4
  %v264 = fadd <8 x float> %v263, %v262
  %p57 = getelementptr float, ptr %"state/weight", i64 0
  store <8 x float> %v264, ptr %p57, align 4
  %v265 = shufflevector <8 x float> %v146, <8 x float> %v256, <8 x i32> <i32 4, i32 5, i32 6, i32 7, i32 12, i32 13, i32 14, i32 15>
  %v266 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v265, <8 x float> zeroinitializer, <8 x float> %v258)
  %p58 = getelementptr float, ptr %"scalar/learning_rate", i64 %v18
  %v267 = load float, ptr %p58, align 4
  %s59 = insertelement <8 x float> poison, float %v267, i64 0
  %v268 = shufflevector <8 x float> %s59, <8 x float> poison, <8 x i32> zeroinitializer
  %v269 = fmul <8 x float> %v268, %v265
  %v270 = fneg <8 x float> %v269
  %p60 = getelementptr float, ptr %"state/weight", i64 8
  %v271 = load <8 x float>, ptr %p60, align 4
  %v272 = fadd <8 x float> %v271, %v270
  %p61 = getelementptr float, ptr %"state/weight", i64 8
  store <8 x float> %v272, ptr %p61, align 4
  %v273 = fcmp uno <8 x float> %v266, %v266
  %v274 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v273)
  br i1 %v274, label %then19, label %after20

then19:
  %p62 = getelementptr i64, ptr %status, i64 0
  %a62 = atomicrmw min ptr %p62, i64 %v18 monotonic
  br label %after20

after20:
  %p63 = getelementptr i64, ptr %status, i64 0
  %v275 = load i64, ptr %p63, align 8
  %v276 = icmp sle i64 %v275, %v18
  br i1 %v276, label %leave, label %after21

after21:
  %v277 = sub i64 %v19, %v13
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
